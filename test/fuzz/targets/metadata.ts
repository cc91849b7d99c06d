/** Metadata messages (BEP 9), and what a description's plan makes of them: nothing beyond what was asked for, nothing more than came, and no block that is not the message's. */
import { Extensions, MetadataMessage } from "@unchoke/protocol"
import { check, checkSame } from "../oracles/check.ts"
import { DescriptionPlan } from "../../../packages/engine/src/description/DescriptionPlan.ts"
import type { Target } from "./Target.ts"

const { pieceSize, sizeOf } = MetadataMessage

/** Two parts, the second of them short. */
const size = pieceSize + 10

export const metadata: Target = {
  name: "metadata",
  shape: "bencode",
  maxLength: 2048,
  workPerByte: 300,
  samples: () => [
    MetadataMessage.toBytes({ _tag: "Request", piece: 0 }),
    MetadataMessage.toBytes({ _tag: "Reject", piece: Extensions.ids.ut_metadata }),
    MetadataMessage.toBytes({ _tag: "Data", piece: 1, size, block: new Uint8Array(10).fill(0x65) }),
    MetadataMessage.toBytes({ _tag: "Data", piece: 0, size: 20_000, block: new Uint8Array(MetadataMessage.pieceSize) }),
    new TextEncoder().encode("d8:msg_typei1e5:piecei0eexx"),
    new TextEncoder().encode("d5:piecei1e8:msg_typei1e10:total_sizei16394ee0123456789"),
  ],
  run: (bytes) => {
    const message = MetadataMessage.fromBytes(bytes)
    if (message === undefined) return
    check(Number.isSafeInteger(message.piece) && message.piece >= 0, "an odd piece", message.piece)
    checkSame(MetadataMessage.fromBytes(MetadataMessage.toBytes(message)), message, "it does not survive its bytes")
    if (message._tag !== "Data") return
    const { block, piece } = message
    check(block.buffer === bytes.buffer, "a block that was copied")
    const plan = new DescriptionPlan()
    plan.join("peer", size)
    const asked: Array<number> = []
    for (let part = plan.next("peer"); part !== undefined; part = plan.next("peer")) asked.push(part)
    const taken = plan.take("peer", piece, message.size, block)
    const isAsked = asked.includes(piece)
    const fits = isAsked && block.length === sizeOf(piece, size) && [0, size].includes(message.size)
    checkSame(taken, isAsked ? (fits ? "more" : "of the wrong length") : "not asked for", "taken")
    check(plan.held === (fits ? block.length : 0), "more is held than came", plan.held)
  },
}

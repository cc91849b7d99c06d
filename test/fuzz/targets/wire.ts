/** The stream of messages that the engine reads: all good ones in order, then the one bad one, however the bytes arrive. */
import { PeerMessage } from "@unchoke/protocol"
import { Effect, Exit, Stream } from "effect"
import { Wire } from "@unchoke/engine/internal"
import { check, checkSame } from "../oracles/check.ts"
import * as CutStream from "../oracles/CutStream.ts"
import { peerMessages } from "./peer-messages.ts"
import type { Target } from "./Target.ts"

export const wire: Target = {
  ...peerMessages,
  name: "wire",
  seedsOf: peerMessages.name,
  workPerByte: 60,
  run: (bytes) => {
    const input = CutStream.fromBytes(bytes)
    const { frames, tooLong } = CutStream.frames(input.stream, input.pieces)
    const parsed = frames.map(PeerMessage.parse)
    const malformed = parsed.findIndex((message) => typeof message === "string")
    const good = malformed < 0 ? parsed : parsed.slice(0, malformed)
    const rule = malformed < 0 ? tooLong && "message too long" : "malformed message"

    const seen: Array<PeerMessage.PeerMessage> = []
    const source = Stream.fromIterable(CutStream.reads(input)).pipe(Stream.flatMap(Stream.fromIterable))
    const exit = Effect.runSyncExit(
      source.pipe(
        Wire.messages(input.pieces),
        Stream.runForEachArray((messages) => Effect.sync(() => void seen.push(...messages.map(kept)))),
      ),
    )
    checkSame(seen, good, "the messages are not those of the stream as a whole")
    check(Exit.isSuccess(exit) === (rule === undefined), "ended in another way", rule)
    if (Exit.isFailure(exit)) checkSame(failureRule(exit), rule, "the wrong rule")
  },
}

/** A copy: what messages carry is borrowed until the next pull. */
const kept = (message: PeerMessage.PeerMessage): PeerMessage.PeerMessage => {
  switch (message._tag) {
    case "Piece":
      return { ...message, block: message.block.slice() }
    case "Bitfield":
      return { ...message, bits: message.bits.slice() }
    case "Extended":
    case "Unknown":
      return { ...message, payload: message.payload.slice() }
    default:
      return message
  }
}

const failureRule = (exit: Exit.Failure<void, Wire.BadFrame>): string | undefined => {
  const [reason] = exit.cause.reasons
  return reason?._tag === "Fail" ? reason.error.rule : reason?._tag
}

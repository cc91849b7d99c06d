import { assert, describe, it } from "@effect/vitest"
import { PeerMessage, PieceHead } from "@unchoke/protocol"
import { Exit, Schema } from "effect"

const decode = Schema.decodeUnknownExit(PeerMessage.FromFrame)
const encode = Schema.encodeSync(PeerMessage.FromFrame)

describe("PeerMessage", () => {
  it.prop("what is printed reads back as it was", [PeerMessage.PeerMessage], ([message]) => {
    assert.deepStrictEqual(decode(encode(message)), Exit.succeed(message))
  })

  it.prop("any bytes are a message or a fault, never a defect", [Schema.Uint8Array], ([frame]) => {
    const message = PeerMessage.parse(frame)
    if (typeof message !== "string") assert.deepStrictEqual(PeerMessage.print(message), frame)
  })

  it.prop(
    "a head before a block is the message with that block",
    [PeerMessage.PeerMessage.cases.Piece, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))],
    ([message, at]) => {
      const { begin, block, piece } = message
      const bytes = new Uint8Array(at + PieceHead.size + block.length)
      PieceHead.write(new DataView(bytes.buffer), at, piece, begin, block.length)
      bytes.set(block, at + PieceHead.size)
      assert.deepStrictEqual(bytes.subarray(at), PeerMessage.printAll([message]))
    },
  )

  it("reads the messages of BEP 3 as they stand in the specification", () => {
    assert.deepStrictEqual(PeerMessage.parse(Uint8Array.of()), { _tag: "KeepAlive" })
    assert.deepStrictEqual(PeerMessage.parse(Uint8Array.of(1)), { _tag: "Unchoke" })
    assert.deepStrictEqual(PeerMessage.parse(Uint8Array.of(4, 0, 0, 1, 2)), { _tag: "Have", piece: 258 })
    assert.deepStrictEqual(PeerMessage.parse(Uint8Array.of(6, 0, 0, 0, 1, 0, 0, 0x40, 0, 0, 0, 0x40, 0)), {
      _tag: "Request",
      piece: 1,
      begin: 16_384,
      length: 16_384,
    })
    assert.deepStrictEqual(PeerMessage.parse(Uint8Array.of(7, 0, 0, 0, 1, 0, 0, 0, 0, 9, 8)), {
      _tag: "Piece",
      piece: 1,
      begin: 0,
      block: Uint8Array.of(9, 8),
    })
    assert.deepStrictEqual(PeerMessage.parse(Uint8Array.of(20, 3, 1, 2)), {
      _tag: "Extended",
      id: 3,
      payload: Uint8Array.of(1, 2),
    })
    assert.deepStrictEqual(PeerMessage.parse(Uint8Array.of(14)), { _tag: "HaveAll" })
  })

  it("takes an id that it does not know for what it is", () => {
    assert.deepStrictEqual(PeerMessage.parse(Uint8Array.of(99, 1)), {
      _tag: "Unknown",
      id: 99,
      payload: Uint8Array.of(1),
    })
  })

  for (const [name, frame] of [
    ["a have that is a byte short", [4, 0, 0, 0]],
    ["a choke with a payload", [0, 1]],
    ["a request that is a byte long", [6, ...Array.from({ length: 13 }, () => 0)]],
    ["a piece without its header", [7, 0, 0, 0, 0]],
    ["an extended message without an id", [20]],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.isTrue(Exit.isFailure(decode(Uint8Array.from(frame))))
    })
  }
})

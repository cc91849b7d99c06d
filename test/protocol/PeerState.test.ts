import { assert, describe, it } from "@effect/vitest"
import { Bitfield, ExtendedHandshake, type PeerMessage, PeerState } from "@unchoke/protocol"
import { Result } from "effect"

const pieces = 10
const bits = (...missing: ReadonlyArray<number>) => {
  const bitfield = Bitfield.Bitfield.empty(pieces)
  for (let piece = 0; piece < pieces; piece++) if (!missing.includes(piece)) bitfield.add(piece)
  return bitfield.toBytes()
}
const after = (...messages: ReadonlyArray<PeerMessage.PeerMessage>) =>
  messages.reduce<Result.Result<PeerState.PeerState, PeerState.Violation>>(
    (state, message) => Result.flatMap(state, (state) => PeerState.step(state, message)),
    Result.succeed(PeerState.initial(pieces)),
  )
const state = (...messages: ReadonlyArray<PeerMessage.PeerMessage>) => Result.getOrThrow(after(...messages))
const have = (piece: number): PeerMessage.PeerMessage => ({ _tag: "Have", piece })

describe("PeerState", () => {
  it("begins choking, with nothing, having said nothing", () => {
    assert.deepInclude(state(), { announced: false, choking: true, interested: false })
    assert.strictEqual(state().pieces.count, 0)
  })

  it("knows a complete peer in each of the ways to say so", () => {
    assert.isTrue(PeerState.isComplete(state({ _tag: "HaveAll" })))
    assert.isTrue(PeerState.isComplete(state({ _tag: "Bitfield", bits: bits() })))
    assert.isTrue(PeerState.isComplete(state({ _tag: "Bitfield", bits: bits(2, 7) }, have(7), have(2))))
    assert.isTrue(PeerState.isComplete(state(...Array.from({ length: pieces }, (_, piece) => have(piece)))))
    assert.isFalse(PeerState.isComplete(state({ _tag: "Bitfield", bits: bits(2, 7) }, have(7), have(7))))
    assert.isFalse(PeerState.isComplete(state({ _tag: "HaveNone" })))
  })

  it("takes choke and unchoke at every moment, any number of times", () => {
    const flips: ReadonlyArray<PeerMessage.PeerMessage> = [
      { _tag: "Unchoke" },
      { _tag: "Choke" },
      { _tag: "Choke" },
      { _tag: "Unchoke" },
    ]
    assert.isFalse(state(...flips).choking)
    assert.isTrue(state(...flips, { _tag: "Choke" }).choking)
  })

  it("accepts a bitfield that comes late, and everything that says nothing about pieces", () => {
    const talk: ReadonlyArray<PeerMessage.PeerMessage> = [
      { _tag: "KeepAlive" },
      { _tag: "Extended", id: 0, payload: ExtendedHandshake.toBytes({ client: "Name 1.0", requestQueue: 7 }) },
      { _tag: "Port", port: 6881 },
      { _tag: "AllowedFast", piece: 3 },
      { _tag: "Unknown", id: 99, payload: Uint8Array.of(1) },
      { _tag: "Interested" },
      { _tag: "Bitfield", bits: bits() },
    ]
    const last = state(...talk)
    assert.isTrue(PeerState.isComplete(last))
    assert.deepInclude(last.extended, { client: "Name 1.0", requestQueue: 7 })
  })

  it("keeps what it knew of an extension handshake when a broken one follows", () => {
    const last = state(
      { _tag: "Extended", id: 0, payload: ExtendedHandshake.toBytes({ client: "Name 1.0" }) },
      { _tag: "Extended", id: 0, payload: Uint8Array.of(0x6c, 0x2d) },
    )
    assert.strictEqual(last.extended?.client, "Name 1.0")
  })

  it("knows what contradicts the torrent", () => {
    assert.deepStrictEqual(after(have(10)), Result.fail({ _tag: "NoSuchPiece", piece: 10, pieces }))
    assert.deepStrictEqual(
      after({ _tag: "Bitfield", bits: new Uint8Array(3) }),
      Result.fail({ _tag: "BitfieldLength", length: 3, expected: 2 }),
    )
    assert.deepStrictEqual(
      after({ _tag: "Bitfield", bits: Uint8Array.of(0, 1) }),
      Result.fail({ _tag: "BitfieldSpareBit" }),
    )
  })
})

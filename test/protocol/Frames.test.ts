import { assert, describe, it } from "@effect/vitest"
import { Frames, PeerMessage } from "@unchoke/protocol"
import { Schema } from "effect"

const pieces = 100

/** The obvious reference: join everything, then cut the whole. */
const reference = (stream: Uint8Array): { readonly frames: Array<Uint8Array>; readonly tooLong: boolean } => {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length)
  const frames: Array<Uint8Array> = []
  let at = 0
  while (stream.length - at >= 4) {
    const length = view.getUint32(at)
    if (length > 0 && stream.length - at < 5) break
    if (length > 0 && length > Frames.limitOf(stream[at + 4]!, pieces)) return { frames, tooLong: true }
    if (stream.length - at - 4 < length) break
    frames.push(stream.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return { frames, tooLong: false }
}

/** Pushes the stream in chunks of these lengths (again and again), so many chunks to a pull; frames are looked at before the next pull, as borrowed memory wants. */
const cut = (stream: Uint8Array, lengths: ReadonlyArray<number>, perPull: number) => {
  const decoder = new Frames.Frames(pieces)
  const frames: Array<Uint8Array> = []
  let at = 0
  let turn = 0
  while (at < stream.length) {
    const out: Array<Uint8Array> = []
    decoder.reclaim()
    for (let i = 0; i < perPull && at < stream.length; i++) {
      const length = lengths[turn++ % lengths.length]!
      const tooLong = decoder.push(stream.subarray(at, at + length), out)
      at += length
      if (tooLong !== undefined) return { frames: [...frames, ...out.map((frame) => frame.slice())], tooLong: true }
    }
    frames.push(...out.map((frame) => frame.slice()))
  }
  return { frames, tooLong: false }
}

const concat = (chunks: ReadonlyArray<Uint8Array>) => Uint8Array.from(chunks.flatMap((chunk) => [...chunk]))

const Length = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 }))
const Lengths = Schema.Array(Length).check(Schema.isMinLength(1), Schema.isMaxLength(6))
const PerPull = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4 }))

describe("Frames", () => {
  it.prop(
    "however messages are cut, the frames are those of the reference",
    [Schema.Array(PeerMessage.PeerMessage).check(Schema.isMaxLength(12)), Lengths, PerPull],
    ([messages, lengths, perPull]) => {
      const stream = PeerMessage.printAll(messages)
      assert.deepStrictEqual(cut(stream, lengths, perPull), reference(stream))
    },
    { arbitrary: { runs: 500 } },
  )

  const Byte = Schema.Literals([0, 0, 0, 1, 2, 3, 5, 7, 9, 13, 20, 99, 255])
  it.prop(
    "nor does it matter how nonsense is cut",
    [Schema.Array(Byte).check(Schema.isMaxLength(200)), Lengths, PerPull],
    ([bytes, lengths, perPull]) => {
      const stream = Uint8Array.from(bytes)
      assert.deepStrictEqual(cut(stream, lengths, perPull), reference(stream))
    },
    { arbitrary: { runs: 1000 } },
  )

  it("refuses a length before anything is allocated for it", () => {
    const decoder = new Frames.Frames(pieces)
    const head = (id: number) => Uint8Array.of(0x7f, 0xff, 0xff, 0xff, id)
    assert.deepStrictEqual(decoder.push(head(7), []), { id: 7, length: 0x7fffffff, limit: 9 + 16_384 })
  })

  it("bounds every kind of message", () => {
    assert.strictEqual(Frames.limitOf(PeerMessage.ids.Bitfield, 9), 3)
    assert.strictEqual(Frames.limitOf(PeerMessage.ids.Piece, 9), 16_393)
    assert.strictEqual(Frames.limitOf(PeerMessage.ids.Have, 9), 13)
    assert.strictEqual(Frames.limitOf(PeerMessage.ids.Extended, 9), 1 << 20)
    assert.strictEqual(Frames.limitOf(99, 9), 1 << 20)
  })

  it("lends a cut frame until it is reclaimed, however many chunks come in one pull", () => {
    const decoder = new Frames.Frames(pieces)
    const have = (piece: number) => PeerMessage.printAll([{ _tag: "Have", piece }])
    const stream = concat([have(1), have(2), have(3), have(4)])
    const out: Array<Uint8Array> = []
    for (let at = 0; at < stream.length; at += 7) decoder.push(stream.subarray(at, at + 7), out)
    assert.deepStrictEqual(
      out.map((frame) => PeerMessage.parse(frame)),
      [1, 2, 3, 4].map((piece) => ({ _tag: "Have" as const, piece })),
    )
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Geometry } from "@unchoke/protocol"
import { Schema } from "effect"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, number) => total + number, 0)
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

describe("Geometry", () => {
  it.prop(
    "pieces and their blocks add up to the whole",
    [within(1, 100_000), within(1, 500_000)],
    ([pieceLength, length]) => {
      const geometry = Geometry.make(pieceLength, length)
      const pieces = upTo(geometry.pieces)
      assert.strictEqual(sum(pieces.map((piece) => Geometry.pieceSize(geometry, piece))), length)
      for (const piece of [0, geometry.pieces - 1]) {
        const blocks = upTo(Geometry.blocksIn(geometry, piece)).map((block) =>
          Geometry.blockLength(geometry, piece, block),
        )
        assert.strictEqual(sum(blocks), Geometry.pieceSize(geometry, piece))
        assert.isTrue(blocks.slice(0, -1).every((block) => block === Geometry.blockSize))
        assert.isTrue(blocks.every((block) => block > 0))
      }
    },
  )

  it.prop(
    "the spans of a range cover it, in order, and lie where a byte-by-byte search says",
    [Schema.Array(within(0, 30)).check(Schema.isMinLength(1), Schema.isMaxLength(20)), within(0, 300), within(0, 300)],
    ([lengths, from, count]) => {
      let offset = 0
      const files = lengths.map((length) => ({ length, offset: (offset += length) - length }))
      const start = Math.min(from, offset)
      const length = Math.min(count, offset - start)
      const byByte = upTo(length).map((at) => {
        const file = files.find((file) => start + at >= file.offset && start + at < file.offset + file.length)!
        return [file, start + at - file.offset]
      })
      const bySpan = Geometry.spans(files, start, length).flatMap((span) =>
        upTo(span.length).map((i) => [span.extent, span.within + i]),
      )
      assert.deepStrictEqual(bySpan, byByte)
    },
  )
})

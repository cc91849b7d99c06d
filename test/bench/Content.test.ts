import { assert, describe, it } from "@effect/vitest"
import { Metainfo } from "@unchoke/protocol"
import { Result } from "effect"
import { createHash } from "node:crypto"
import * as Content from "../../packages/bench/src/Content.ts"
import { filePath, single, totalLength } from "../../packages/bench/src/Shape.ts"
import { torrentFile } from "../../packages/bench/src/torrentFile.ts"

/** The definition: byte i is byte i modulo the period of xorshift32's words. */
const bytes = (offset: number, length: number) => {
  const words = new Uint32Array(Math.ceil((Math.min(offset + length, Content.period) + 3) / 4))
  let state = 0x9e3779b9
  for (let i = 0; i < words.length; i++) {
    state = (state ^ (state << 13)) >>> 0
    state = (state ^ (state >>> 17)) >>> 0
    state = (state ^ (state << 5)) >>> 0
    words[i] = state
  }
  const all = new Uint8Array(words.buffer)
  return Uint8Array.from({ length }, (_, index) => all[(offset + index) % Content.period] ?? 0)
}

describe("the content", () => {
  it("is recognised wherever one looks, across the end of the pattern too", () => {
    assert.isTrue(Content.matches(bytes(0, 1000), 0))
    assert.isTrue(Content.matches(bytes(5, 1000), 5))
    assert.isTrue(Content.matches(bytes(Content.period - 10, 20), Content.period - 10))
    assert.isTrue(Content.matches(bytes(7, 20), 3 * Content.period + 7))
  })

  it("is not taken for other bytes, nor for its own of another place", () => {
    const wrong = bytes(0, 1000)
    wrong[999] = (wrong[999] ?? 0) ^ 1
    assert.isFalse(Content.matches(wrong, 0))
    assert.isFalse(Content.matches(bytes(0, 1000), 1))
    assert.isFalse(Content.matches(bytes(0, 100), 1024 * 1024))
  })

  it("has the hashes of its pieces, the short last one included", () => {
    const hashes = Content.pieceHashes(single(2500, 1000))
    const wanted = [bytes(0, 1000), bytes(1000, 1000), bytes(2000, 500)].map((piece) =>
      createHash("sha1").update(piece).digest(),
    )
    assert.deepStrictEqual(Buffer.from(hashes), Buffer.concat(wanted))
  })
})

describe("the torrent of a shape", () => {
  const announce = "http://127.0.0.1:1/announce"

  it.each([single(2500, 1000), { pieceLength: 1000, files: { count: 250, length: 10 } }])("loads", (shape) => {
    const hashes = Content.pieceHashes(shape)
    const { bytes, infoHash } = torrentFile("content", shape, hashes, { announce })
    const metainfo = Result.getOrThrow(Metainfo.fromBytes(bytes))
    assert.strictEqual(metainfo.geometry.length, totalLength(shape))
    assert.strictEqual(createHash("sha1").update(metainfo.info).digest("hex"), infoHash)
  })

  it("puts a hundred files to a folder", () => {
    const shape = { pieceLength: 1000, files: { count: 250, length: 10 } }
    assert.deepStrictEqual(filePath(shape, 249), ["folder 2", "file 49.bin"])
    assert.deepStrictEqual(filePath(single(10, 10), 0), [])
  })
})

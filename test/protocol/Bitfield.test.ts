import { assert, describe, it } from "@effect/vitest"
import { Bitfield } from "@unchoke/protocol"
import { Result, Schema } from "effect"

const Size = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 70 }))
const Pieces = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: -3, maximum: 80 })))

describe("Bitfield", () => {
  it.prop("is the set of the pieces that were added", [Size, Pieces], ([size, pieces]) => {
    const bitfield = Bitfield.Bitfield.empty(size)
    for (const piece of pieces) bitfield.add(piece)
    const set = new Set(pieces.filter((piece) => piece >= 0 && piece < size))
    assert.strictEqual(bitfield.count, set.size)
    assert.strictEqual(bitfield.complete, set.size === size)
    for (let piece = -2; piece < size + 2; piece++) assert.strictEqual(bitfield.has(piece), set.has(piece))
    assert.deepStrictEqual(
      [...bitfield.missing()],
      Array.from({ length: size }, (_, piece) => piece).filter((piece) => !set.has(piece)),
    )
    const read = Result.getOrThrow(Bitfield.Bitfield.fromBytes(bitfield.toBytes(), size))
    assert.deepStrictEqual([read.count, read.toBytes()], [bitfield.count, bitfield.toBytes()])
  })

  it.prop("full is everything, with the spare bits clear", [Size], ([size]) => {
    const full = Bitfield.Bitfield.full(size)
    assert.isTrue(full.complete)
    assert.strictEqual(Result.getOrThrow(Bitfield.Bitfield.fromBytes(full.toBytes(), size)).count, size)
  })

  it("is a copy of the bytes, also where they are a Buffer of Node's, and has copies of its own", () => {
    const bytes = Buffer.from([0b1000_0000])
    const bitfield = Result.getOrThrow(Bitfield.Bitfield.fromBytes(bytes, 8))
    const copy = bitfield.copy()
    bytes.fill(0)
    assert.isTrue(bitfield.has(0))
    bitfield.add(1)
    assert.isFalse(copy.has(1))
    bitfield.toBytes().fill(0)
    assert.isTrue(bitfield.has(0))
  })

  it("lays out piece 0 in the high bit (BEP 3)", () => {
    const bitfield = Bitfield.Bitfield.empty(10)
    bitfield.add(0)
    bitfield.add(9)
    assert.deepStrictEqual(bitfield.toBytes(), Uint8Array.of(0x80, 0x40))
  })

  it("refuses a wrong length and a spare bit", () => {
    assert.deepStrictEqual(
      Bitfield.Bitfield.fromBytes(new Uint8Array(3), 10),
      Result.fail({ _tag: "WrongLength", length: 3, expected: 2 }),
    )
    assert.deepStrictEqual(
      Bitfield.Bitfield.fromBytes(Uint8Array.of(0xff, 0xe0), 10),
      Result.fail({ _tag: "SpareBitSet" }),
    )
    assert.isTrue(Result.isSuccess(Bitfield.Bitfield.fromBytes(Uint8Array.of(0xff, 0xc0), 10)))
  })
})

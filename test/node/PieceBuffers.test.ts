import { assert, it } from "@effect/vitest"
import { PieceBuffers } from "../../packages/node/src/PieceBuffers.ts"

it("a shared buffer takes bytes as any other does", () => {
  const buffers = new PieceBuffers(100, 1)
  const buffer = buffers.lend()!
  buffer.set(Uint8Array.of(1, 2, 3), 97)
  buffer.set([4, 5], 1)
  buffer.set(new Uint8Array(0), 100)
  assert.deepStrictEqual([...buffer.subarray(0, 4), ...buffer.subarray(96)], [0, 4, 5, 0, 0, 1, 2, 3])
  assert.throws(() => buffer.set(Uint8Array.of(1, 2), 99), RangeError)
})

/** `Range` against a model that looks at every byte. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { byteRange } from "../../../packages/node/src/http/byteRange.ts"

const Number = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12 }))

/** Which bytes are meant, one by one (RFC 9110, 14.1.2). */
const model = (from: number | undefined, to: number | undefined, length: number): ReadonlyArray<number> =>
  Array.from({ length }, (_, at) => at).filter((at) =>
    from === undefined ? at >= length - to! : at >= from && at <= (to ?? Infinity),
  )

describe("byteRange", () => {
  it.effect.prop(
    "means the bytes that are named and that there are",
    [Schema.UndefinedOr(Number), Schema.UndefinedOr(Number), Number],
    ([from, to, length]) =>
      Effect.sync(() => {
        const range = byteRange(`bytes=${from ?? ""}-${to ?? ""}`, length)
        const isWellFormed = (from ?? to) !== undefined && !(from !== undefined && to !== undefined && to < from)
        if (!isWellFormed) return assert.strictEqual(range, "whole")
        const meant = model(from, to, length)
        if (meant.length === 0) return assert.strictEqual(range, "unsatisfiable")
        assert.deepStrictEqual(range, { first: meant[0]!, last: meant.at(-1)! })
      }),
    { arbitrary: { runs: 500 } },
  )

  it.effect.prop("is nothing else than a range, or the whole", [Schema.String], ([field]) =>
    Effect.sync(() => {
      const range = byteRange(field, 10)
      if (typeof range === "string") return
      assert.isTrue(0 <= range.first && range.first <= range.last && range.last < 10)
    }),
  )

  it.each([undefined, "", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-2,4-5", "items=1-2", "bytes 1-2", "bytes=1 - 2"])(
    "%s is the whole",
    (field) => assert.strictEqual(byteRange(field, 10), "whole"),
  )
})

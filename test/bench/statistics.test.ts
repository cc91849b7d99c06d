import { describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { assert } from "@effect/vitest"
import { median, spread } from "../../packages/bench/src/statistics.ts"

const Values = Schema.NonEmptyArray(Schema.Int.check(Schema.isBetween({ minimum: -1000, maximum: 1000 })))

describe("median", () => {
  it("is the middle, or half way between the two in the middle", () => {
    assert.strictEqual(median([3, 1, 2]), 2)
    assert.strictEqual(median([4, 1, 3, 2]), 2.5)
    assert.isNaN(median([]))
  })

  it("is endless when half of the runs were", () => {
    assert.strictEqual(median([1, 2, Infinity]), 2)
    assert.strictEqual(median([1, Infinity]), Infinity)
    assert.strictEqual(median([Infinity, Infinity]), Infinity)
  })

  it.effect.prop("has as many values on one side as on the other", [Values], ([values]) =>
    Effect.sync(() => {
      const middle = median(values)
      const below = values.filter((value) => value < middle).length
      const above = values.filter((value) => value > middle).length
      assert.isAtMost(Math.max(below, above), values.length / 2)
      const { least, most } = spread(values)
      assert.isTrue(least <= middle && middle <= most)
    }),
  )
})

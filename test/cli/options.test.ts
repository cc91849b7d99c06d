import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, Schema } from "effect"
import { deadlinesOf, durationFromText } from "../../packages/cli/src/commands/options.ts"

const millis = (text: string) => Option.getOrUndefined(Option.map(durationFromText(text), Duration.toMillis))

describe("durations", () => {
  it("are written as people write them", () => {
    const texts = ["5s", "500ms", "2m", "1m30s", "1h", "1.5s", "10", "1 m 30 s", "24h"]
    assert.deepStrictEqual(texts.map(millis), [5000, 500, 120_000, 90_000, 3_600_000, 1500, 10_000, 90_000, 86_400_000])
  })

  it("anything else is none", () => {
    for (const text of ["", "0", "0s", "-1s", "5x", "s", "1s1m", "25h", "NaN", "1e3s", "infinity", "5s5s"]) {
      assert.isUndefined(millis(text), text)
    }
  })

  it.effect.prop(
    "hours, minutes, seconds and milliseconds add up",
    (["h", "m", "s", "ms"] as const).map(() => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 }))),
    ([hours, minutes, seconds, ms]) =>
      Effect.sync(() => {
        const sum = ((hours! * 60 + minutes!) * 60 + seconds!) * 1000 + ms!
        assert.strictEqual(millis(`${hours}h${minutes}m${seconds}s${ms}ms`), sum === 0 ? undefined : sum)
      }),
  )

  it("only deadlines that were given replace others", () => {
    const given = deadlinesOf({ connect: Option.some(Duration.seconds(1)), unchoke: Option.none() })
    assert.deepStrictEqual(Object.keys(given), ["connect"])
  })
})

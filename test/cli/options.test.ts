import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, Schema } from "effect"
import { deadlinesOf } from "../../packages/cli/src/commands/options.ts"
import { bytesFromText, durationFromText, ratioFromText } from "../../packages/cli/src/commands/quantities.ts"
import { seedGoalOf, sessionOptionsOf } from "../../packages/cli/src/commands/sharing.ts"

const millis = (text: string) => Option.getOrUndefined(Option.map(durationFromText(text), Duration.toMillis))

describe("durations", () => {
  it("are written as people write them", () => {
    const texts = ["5s", "500ms", "2m", "1m30s", "1h", "1.5s", "10", "1 m 30 s", "24h"]
    assert.deepStrictEqual(texts.map(millis), [5000, 500, 120_000, 90_000, 3_600_000, 1500, 10_000, 90_000, 86_400_000])
  })

  it("are as long as they may be", () => {
    assert.isTrue(Option.isNone(durationFromText("25h")))
    assert.deepStrictEqual(durationFromText("1d12h", 40 * 3_600_000), Option.some(Duration.hours(36)))
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

const bytes = (text: string) => Option.getOrUndefined(bytesFromText(text))

describe("amounts of bytes", () => {
  it("are written as people write them", () => {
    const texts = [
      "0",
      "123",
      "500B",
      "500K",
      "500k",
      "500KiB",
      "500 KiB",
      "500Ki",
      "500kB",
      "500KB",
      "1.5MiB",
      "10MB",
      "2G",
    ]
    assert.deepStrictEqual(
      texts.map(bytes),
      [
        0, 123, 500, 512_000, 512_000, 512_000, 512_000, 512_000, 500_000, 500_000, 1_572_864, 10_000_000,
        2_147_483_648,
      ],
    )
  })

  it("anything else is none, above all what may be bits", () => {
    for (const text of [
      "",
      "-1",
      "1e3",
      "KiB",
      "10Mb",
      "10mb",
      "10Mbit",
      "1.KiB",
      ".5K",
      "5KK",
      "5 T",
      "NaN",
      "9999999999GiB",
    ]) {
      assert.isUndefined(bytes(text), text)
    }
  })

  const units = {
    "": 1,
    B: 1,
    K: 1024,
    KiB: 1024,
    kB: 1000,
    M: 1024 ** 2,
    MiB: 1024 ** 2,
    MB: 1e6,
    GiB: 1024 ** 3,
    GB: 1e9,
  }

  it.effect.prop(
    "are whole ones, and never less than was written",
    [
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5000 })),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999 })),
      Schema.Literals(["", "B", "K", "KiB", "kB", "M", "MiB", "MB", "GiB", "GB"]),
    ],
    ([whole, thousandths, unit]) =>
      Effect.sync(() => {
        const amount = `${whole}.${String(thousandths).padStart(3, "0")}`
        const read = bytes(amount + unit)!
        assert.isTrue(Number.isInteger(read))
        assert.isAtLeast(read, Number(amount) * units[unit])
        assert.isBelow(read, Number(amount) * units[unit] + 1)
      }),
  )
})

describe("what is shared", () => {
  it("a ratio is more than nothing", () => {
    const ratios = ["1.5", "2", "0.1", "0", "0.0", "-1", "1.", ".5", "x", "1e2"]
    assert.deepStrictEqual(
      ratios.map((text) => Option.getOrUndefined(ratioFromText(text))),
      [1.5, 2, 0.1, ...Array.from({ length: 7 }, () => undefined)],
    )
  })

  it("only what was given reaches the engine", () => {
    const none = { ratio: Option.none(), seedTime: Option.none() }
    assert.deepStrictEqual(seedGoalOf(none), {})
    assert.deepStrictEqual(seedGoalOf({ ...none, ratio: Option.some(1.5) }), { ratio: 1.5 })
    assert.deepStrictEqual(seedGoalOf({ ...none, seedTime: Option.some(Duration.hours(2)) }), {
      time: Duration.hours(2),
    })
    const limits = { uploadLimit: Option.some(0), downloadLimit: Option.none(), maxPeers: Option.some(30) }
    assert.deepStrictEqual(sessionOptionsOf({ ...limits, port: Option.some(0) }), {
      maxPeers: 30,
      port: 0,
      uploadLimit: 0,
    })
  })
})

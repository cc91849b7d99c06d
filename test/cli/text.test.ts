import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { bar } from "../../packages/cli/src/render/bar.ts"
import { coloured, plain } from "../../packages/cli/src/render/style.ts"
import * as Text from "../../packages/cli/src/render/text.ts"
import * as Units from "../../packages/cli/src/render/units.ts"

describe("text", () => {
  it("makes text from outside harmless and keeps what is only odd", () => {
    assert.strictEqual(Text.safe("a\u001b[31mb\u0007\r\nc\u0085d\u202ee\u2028f"), "a�[31mb���c�d�e�f")
    assert.strictEqual(Text.safe("Größe 日本語 µ 👍🏽 …"), "Größe 日本語 µ 👍🏽 …")
  })

  it.effect.prop("whatever it is given, nothing that moves the cursor is left", [Schema.String], ([text]) =>
    Effect.sync(() => {
      for (const character of Text.safe(text)) {
        const code = character.codePointAt(0)!
        assert.isFalse(
          code < 0x20 || (code >= 0x7f && code < 0xa0),
          `U+${code.toString(16)} in ${JSON.stringify(text)}`,
        )
      }
    }),
  )

  it.effect.prop(
    "nor is anything that is no text, or that XML does not allow",
    [
      Schema.Union([
        Schema.String,
        Schema.Literals(["\ufffe", "a\uffffb", "\ud800", "\udc00\ud83d", "\ud83d\udc4d\ud83d"]),
      ]),
    ],
    ([text]) =>
      Effect.sync(() => {
        const safe = Text.safe(text)
        assert.isTrue(safe.isWellFormed())
        assert.notMatch(safe, /[\ufffe\uffff]/)
        assert.strictEqual(Text.safe(safe), safe)
      }),
  )

  it("cuts to cells, not to characters", () => {
    assert.strictEqual(Text.fit("Transmission", 12), "Transmission")
    assert.strictEqual(Text.fit("Transmission", 11), "Transmissi…")
    assert.strictEqual(Text.fit("日本語", 5), "日本…")
    assert.strictEqual(Text.fit("日本語", 4), "日…")
    assert.strictEqual(Text.fit("abc", 1), "…")
    assert.strictEqual(Text.fit("abc", 0), "")
  })

  it.effect.prop(
    "what was cut fits",
    [Schema.String, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))],
    ([text, columns]) => Effect.sync(() => assert.isAtMost(Text.widthOf(Text.fit(Text.safe(text), columns)), columns)),
  )

  it("cuts sentences behind words, and what is counted with its number", () => {
    const text = "Looking for peers: 12 dialling, 3 shaking hands"
    assert.strictEqual(Text.fitWords(text, 47), text)
    assert.strictEqual(Text.fitWords(text, 46), "Looking for peers: 12 dialling, 3 shaking…")
    assert.strictEqual(Text.fitWords(text, 36), "Looking for peers: 12 dialling…")
    assert.strictEqual(Text.fitWords(text, 24), "Looking for peers…")
    assert.strictEqual(Text.fitWords(text, 5), "Look…")
  })

  it("breaks lines at spaces and indents what follows", () => {
    assert.strictEqual(Text.wrap("one two three four", 9, "  "), "one two\n  three\n  four")
    assert.strictEqual(Text.wrap("one two", Infinity), "one two")
    assert.strictEqual(Text.wrap("it has 100 % in 12 ms, of 3 peers", 11), "it has\n100 % in\n12 ms, of 3\npeers")
    assert.strictEqual(Text.wrap("one\n  two three\n", 7), "one\n  two\n  three\n")
    assert.strictEqual(Text.wrap("unbreakable", 4), "unbreakable")
    assert.strictEqual(Text.wrap(coloured.red("one two"), 7), coloured.red("one two"))
  })

  it("keeps columns where there is room for them, and goes on below where there is none", () => {
    const line = "  --peer ip:port    A peer to try, as often as you like"
    assert.strictEqual(
      Text.wrap(line, 40),
      "  --peer ip:port    A peer to try, as\n                    often as you like",
    )
    assert.strictEqual(Text.wrap(line, 30), "  --peer ip:port\n      A peer to try, as often\n      as you like")
    assert.strictEqual(
      Text.wrap(line, 12),
      "  --peer\n    ip:port\n      A peer\n      to\n      try,\n      as\n      often\n      as you\n      like",
    )
  })

  it("moves a long word to the left before it lets it stand out", () => {
    const hash = "0123456789".repeat(2)
    assert.strictEqual(Text.wrap(`  hash   ${hash}`, 24), `  hash\n    ${hash}`)
    assert.strictEqual(Text.wrap(`  hash   ${hash}`, 18), `  hash\n${hash}`)
    assert.strictEqual(
      Text.wrap(`  urls   ${hash}\n         ${hash}x\n         ${hash}xyz`, 24),
      `  urls\n    ${hash}\n${hash}x\n${hash}xyz`,
    )
    // Long words of several lengths make no staircase.
    const lengths = Array.from({ length: 22 }, (_, i) => "x".repeat(i + 15))
    const starts = lengths.map((word) => /\n( *)x/.exec(Text.wrap(`  hash    ${word}`, 24))![1]!.length)
    assert.deepStrictEqual([...new Set(starts)], [4, 0])
  })

  it.effect.prop(
    "every word stays whole, and no line is longer than it must be",
    [
      Schema.Array(Schema.String.check(Schema.isPattern(/^[a-z]{1,12}$/))),
      Schema.Array(Schema.String.check(Schema.isPattern(/^[a-z]{1,12}$/))),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 })),
    ],
    ([left, right, columns]) =>
      Effect.sync(() => {
        const line = `  ${left.join(" ")}   ${right.join(" ")}`
        const wrapped = Text.wrap(line, columns)
        assert.deepStrictEqual(wrapped.trim().split(/\s+/), line.trim().split(/\s+/))
        for (const one of wrapped.split("\n")) if (Text.widthOf(one) > columns) assert.notMatch(one.trim(), / /)
      }),
  )

  it("pads by cells and counts in words", () => {
    assert.strictEqual(Text.padEnd("日本", 6), "日本  ")
    assert.strictEqual(Text.padStart("日本", 6), "  日本")
    assert.strictEqual(Text.count(1, "peer"), "1 peer")
    assert.strictEqual(Text.count(100_000, "file"), "100,000 files")
    assert.strictEqual(Text.grouped(999), "999")
    assert.strictEqual(Text.grouped(1_234_567), "1,234,567")
  })
})

describe("units", () => {
  it("sizes have three digits", () => {
    const sizes = [
      0,
      1023,
      1024,
      1536,
      10 * 1024,
      1_023_900,
      1024 ** 2,
      999.6 * 1024 ** 2,
      2.4 * 1024 ** 3,
      3 * 1024 ** 5,
    ]
    assert.deepStrictEqual(sizes.map(Units.bytes), [
      "0 B",
      "1023 B",
      "1 KiB",
      "1.5 KiB",
      "10 KiB",
      "0.98 MiB",
      "1 MiB",
      "0.98 GiB",
      "2.4 GiB",
      "3 PiB",
    ])
    assert.strictEqual(Units.rate(35_000_000), "33.4 MiB/s")
    const almost = [1023, 2048 - 1, 200 * 1024 ** 2 - 1, 1024 ** 3 - 1, 9.999 * 1024 ** 3]
    assert.deepStrictEqual(
      almost.map((part) => Units.bytesOf(part, 20 * 1024 ** 3)),
      ["1023 B", "1.99 KiB", "199 MiB", "0.99 GiB", "9.9 GiB"].map((part) => `${part} of 20 GiB`),
    )
  })

  it("a part is the whole only when it is", () => {
    const mebi = 1024 ** 2
    assert.strictEqual(Units.bytesOf(199.75 * mebi, 200 * mebi), "199 MiB of 200 MiB")
    assert.strictEqual(Units.bytesOf(200 * mebi, 200 * mebi), "200 MiB of 200 MiB")
    assert.strictEqual(Units.bytesOf(1023.9 * mebi, 1024 * mebi), "0.99 GiB of 1 GiB")
    assert.strictEqual(Units.bytesOf(3.4999 * mebi, 3.5 * mebi), "3.49 MiB of 3.5 MiB")
    assert.strictEqual(Units.bytesOf(0, 3), "0 B of 3 B")
  })

  it("times are as long as they need to be", () => {
    const times = [0, 23.4, 99.4, 99.5, 420, 9949, 9950, 41_300, 59_600, 200_000, 3_599_600, 7_500_000, 273_600_000]
    assert.deepStrictEqual(times.map(Units.span), [
      "0 ms",
      "23 ms",
      "99 ms",
      "0.1 s",
      "0.4 s",
      "9.9 s",
      "10 s",
      "41 s",
      "1 min 0 s",
      "3 min 20 s",
      "1 h 0 min",
      "2 h 5 min",
      "3 days 4 h",
    ])
    assert.strictEqual(Units.seconds(20), "1 s")
    assert.deepStrictEqual([0.4, 23, 999, 1250].map(Units.latency), ["0 ms", "23 ms", "999 ms", "1.3 s"])
  })

  it("what is foreseen is told as exactly as it can be known", () => {
    const times = [20, 8400, 19_400, 23_000, 58_000, 61_000, 347_000, 599_000, 2_829_000, 7_900_000, 90_000_000]
    assert.deepStrictEqual(times.map(Units.foreseen), [
      "1 s",
      "8 s",
      "19 s",
      "25 s",
      "1 min",
      "1 min",
      "5 min 50 s",
      "10 min",
      "47 min",
      "2 h 10 min",
      "1 day 1 h",
    ])
  })

  it("only all of it is 100 %", () => {
    assert.strictEqual(Units.percent(0, 3), "0.0 %")
    assert.strictEqual(Units.percent(1, 3), "33.3 %")
    assert.strictEqual(Units.percent(999_999, 1_000_000), "99.9 %")
    assert.strictEqual(Units.percent(3, 3), "100 %")
  })
})

describe("bar", () => {
  it("is filled in half cells and always as long as asked", () => {
    assert.strictEqual(bar(0, 6, plain), "──────")
    assert.strictEqual(bar(0.5, 6, plain), "━━━───")
    assert.strictEqual(bar(0.6, 6, plain), "━━━╸──")
    assert.strictEqual(bar(1, 6, plain), "━━━━━━")
    assert.strictEqual(bar(1.5, 6, plain), "━━━━━━")
  })
})

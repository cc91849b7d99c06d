/** The table of web seeds: on a terminal of any width all of it can be read. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Schema } from "effect"
import { WebSeedFailed, webProblemInWords } from "@unchoke/engine"
import { plain } from "../../packages/cli/src/render/style.ts"
import type { WebSeedFinding } from "../../packages/cli/src/render/Survey.ts"
import { widthOf } from "../../packages/cli/src/render/text.ts"
import { webSeedTable } from "../../packages/cli/src/render/webSeedTable.ts"

const urls = [
  "http://a/",
  "https://mirror.example.org/pub/releases/24.04/desktop/ubuntu-24.04-desktop-amd64.iso",
  "https://archive.example.org/download/an-item-with-a-long-name_2026/",
]

const problems: ReadonlyArray<WebSeedFailed["reason"]> = [
  { _tag: "HttpStatus", status: 404, reason: "" },
  { _tag: "HttpStatus", status: 503, reason: "", retryAfter: Duration.hours(2) },
  { _tag: "WrongRange", wanted: "bytes 1048576-2097151", got: "bytes 0-1048575" },
  { _tag: "BadAnswer", why: "packed, though we asked for it as it is" },
]

const findingOf = (url: string, nth: number): WebSeedFinding => {
  const reason = problems[nth]
  return reason === undefined
    ? { _tag: "WebSeedPassed", url, ranges: nth % 2 === 0, took: Duration.millis(41) }
    : { _tag: "WebSeedRejected", error: new WebSeedFailed({ url, reason }) }
}

const saidOf = (nth: number): string =>
  problems[nth] === undefined ? "would give us the file" : webProblemInWords(problems[nth])

const words = (text: string) => text.split(/[\s,]+/)

const Findings = Schema.Array(
  Schema.Struct({ url: Schema.Literals(urls), nth: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 })) }),
).check(Schema.isBetweenLength(1, 5))

describe("the table of web seeds", () => {
  it.effect.prop(
    "takes no more columns than there are, and breaks and cuts no word of what they said",
    [Findings, Schema.Int.check(Schema.isBetween({ minimum: 40, maximum: 160 }))],
    ([given, width]) =>
      Effect.sync(() => {
        const lines = webSeedTable(
          given.map(({ nth, url }) => findingOf(url, nth)),
          plain,
          width,
        )
        for (const line of lines) assert.isAtMost(widthOf(line), width, line)
        const read = words(lines.join(" "))
        for (const { nth, url } of given) {
          for (const word of words(saidOf(nth))) assert.include(read, word)
          const { host } = new URL(url)
          assert.isTrue(read.some((word) => word.includes(`//${host}/`)))
        }
      }),
  )

  it("has columns where there is room for them, and else what they said below each", () => {
    const findings = [findingOf(urls[1]!, 6), findingOf(urls[1]!, 1)]
    assert.deepStrictEqual(webSeedTable(findings, plain).length, 3)
    assert.deepStrictEqual(webSeedTable(findings, plain, 80), [
      "WEB SEED",
      "https://mirror.example.org/…/24.04/desktop/ubuntu-24.04-desktop-amd64.iso",
      "  would give us the file (41 ms)",
      "https://mirror.example.org/…/24.04/desktop/ubuntu-24.04-desktop-amd64.iso",
      "  answered with 503 Service Unavailable, and wants to be asked again in 2h",
    ])
    assert.deepStrictEqual(webSeedTable(findings, plain, 60).slice(3), [
      "https://mirror.example.org/…/ubuntu-24.04-desktop-amd64.iso",
      "  answered with 503 Service Unavailable, and wants to be",
      "  asked again in 2h",
    ])
  })
})

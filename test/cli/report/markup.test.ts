/** Nothing that is in a recording is markup in a report, or makes one that is none. */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { createHash } from "node:crypto"
import { reportHtml } from "../../../packages/cli/src/report/html.ts"
import { reportOf } from "../../../packages/cli/src/report/Report.ts"
import type { Recorded } from "../../../packages/cli/src/report/Recording.ts"
import { waterfallSvg } from "../../../packages/cli/src/report/svg.ts"
import { lines, read, recorded } from "./lines.ts"

const drawn = ({ about, notes, survey, timeline }: Recorded) => {
  const report = reportOf(about, survey, timeline, notes)
  return { html: reportHtml(report), svg: waterfallSvg(report) }
}

type Path = ReadonlyArray<string | number>

/** The way to each field with a value of its own. */
const leavesOf = (value: unknown, path: Path = []): ReadonlyArray<Path> =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, part]) => leavesOf(part, [...path, name]))
    : [path]

const leaves = leavesOf(lines)

const replaced = (value: unknown, [name, ...rest]: Path, by: unknown): unknown => {
  if (name === undefined) return by
  const copy = structuredClone(value) as Record<string, unknown>
  copy[name] = replaced(copy[name], rest, by)
  return Array.isArray(value) ? Object.values(copy) : copy
}

/** Each tag with the names of its attributes; what is left without them. */
const tag = /<(\/?[a-zA-Z][a-zA-Z0-9]*)((?:\s+[\w:-]+(?:="[^"<>]*")?)*)\s*(\/?)>/g
const shapesOf = (markup: string): ReadonlySet<string> =>
  new Set(
    Array.from(markup.matchAll(tag), ([, name, attributes = ""]) => name + attributes.replaceAll(/="[^"]*"/g, "")),
  )

const without = (markup: string): string =>
  markup
    .replace(/^<!doctype html><!-- unchoke report -->/, "")
    .replace(/<style>[^<]*<\/style>/, "")
    .replace(/<script>[^]*?<\/script>/, "")

const usual = drawn(recorded(lines))
const shapes = new Set([...shapesOf(without(usual.html)), ...shapesOf(without(usual.svg))])
const [behaviour] = /<script>[^]*<\/script>/.exec(usual.html)!

/** What XML does not allow (and HTML does not like), and lone halves of surrogate pairs. */
// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff\ud800-\udfff]/u

const isHarmless = (markup: string): void => {
  const body = without(markup)
  for (const shape of shapesOf(body)) assert.isTrue(shapes.has(shape), shape)
  const text = body.replaceAll(tag, "")
  assert.notMatch(text, /[<>]/)
  assert.notMatch(text, /&(?!(?:amp|lt|gt|quot|#39);)/)
  assert.notMatch(markup, forbidden)
  assert.notMatch(body, /NaN|Infinity|undefined|\[object|(?:width|height|[xy][12]?)="-/)
}

const isBalanced = (xml: string): void => {
  const open: Array<string> = []
  for (const [, name = "", , closed] of xml.matchAll(tag)) {
    if (name.startsWith("/")) assert.strictEqual(open.pop(), name.slice(1))
    else if (closed !== "/") open.push(name)
  }
  assert.deepStrictEqual(open, [])
}

const hostile = Schema.Union([
  Schema.Literals([
    '</code><script>document.title="owned"</script>',
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    "]]><!--",
    "</title></style><svg onload=alert(1)>",
    "javascript:alert(1)",
    "&lt;b&gt;&#x3c;b>",
    "\u001b[2J\u0000\u0007\u202e",
    "\ufffe\uffff\ud800x\udc00",
    "a".repeat(64),
    "constructor",
    "__proto__",
    "",
  ]),
  Schema.String,
  Schema.Literals([-1, -0.5, 1.5, 41, 1e12, 1e300]),
  Schema.Null,
])

const whichLeaf = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: leaves.length - 1 }))

it.effect.prop(
  "any field of a recording may hold anything: it is refused, or drawn as a text",
  [whichLeaf, hostile],
  ([leaf, value]) =>
    Effect.sync(() => {
      const recorded = read(replaced(lines, leaves[leaf]!, value) as ReadonlyArray<unknown>)
      if (typeof recorded === "string") return assert.match(recorded, /^line \d+ |^it does not begin/)
      const { html, svg } = drawn(recorded)
      isHarmless(html)
      isHarmless(svg)
      isBalanced(svg)
      assert.isTrue(html.includes(behaviour))
      assert.strictEqual(html.split("<script").length, 2)
    }),
  { arbitrary: { runs: 1000 } },
)

it("texts are drawn that may be anything: of the torrent, of a client, of a web seed", () => {
  const name = `"><script>owned</script>`
  for (const [line, field] of [
    [0, ["name"]],
    [lines.findIndex((line) => "_tag" in line && line._tag === "Passed"), ["seen", "client"]],
    [lines.findIndex((line) => "_tag" in line && line._tag === "WebSeedPassed"), ["url"]],
  ] as const) {
    const { html } = drawn(recorded(replaced(lines, [line, ...field], name) as ReadonlyArray<unknown>))
    assert.include(html, "&quot;&gt;&lt;script&gt;owned&lt;/script&gt;")
  }
})

it("the page's policy allows its own style and script, and nothing else", () => {
  const { html } = usual
  const [, policy = ""] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html)!
  const digest = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`
  const [, style = ""] = /<style>([^<]*)<\/style>/.exec(html)!
  assert.deepStrictEqual(policy.split("; ").toSorted(), [
    "base-uri 'none'",
    "default-src 'none'",
    "form-action 'none'",
    "img-src data:",
    `script-src ${digest(behaviour!.slice("<script>".length, -"</script>".length))}`,
    `style-src ${digest(style)}`,
  ])
  // Which forbids these.
  assert.notMatch(html, / style="| on[a-z]+="/)
})

import { assert, describe, it } from "@effect/vitest"
import { chart } from "../../packages/bench/src/render/chart.ts"
import { page } from "../../packages/bench/src/render/page.ts"
import { table } from "../../packages/bench/src/render/table.ts"
import { seconds } from "../../packages/bench/src/render/units.ts"
import { rows } from "../../packages/bench/src/Row.ts"
import { results } from "./results.ts"

const some = results({
  unchoke: [1, 1.2, 1.1],
  slow: [4, 4, 4],
  endless: [50, 50, 50],
  never: [Infinity],
  "(mark)": [0.5],
})

/** The elements of the SVG, each with its attributes; fails on what is not well-formed. */
const elements = (svg: string) => {
  const open: Array<string> = []
  const found: Array<{ readonly name: string; readonly attributes: Readonly<Record<string, string>> }> = []
  const rest = svg.replaceAll(/<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<>]*")*)(\/?)>/g, (_, closing, name, text, empty) => {
    if (closing === "/") assert.strictEqual(open.pop(), name)
    else if (empty !== "/") open.push(name)
    const attributes = Object.fromEntries(
      [...text.matchAll(/([a-zA-Z-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    )
    if (closing !== "/") found.push({ name, attributes })
    return ""
  })
  assert.deepStrictEqual(open, [])
  assert.notMatch(rest, /[<>]/)
  return found
}

describe("the table", () => {
  const lines = table("Title", rows(some), [{ text: "a wish", met: false }]).split("\n")

  it("has a line for each client, all columns aligned", () => {
    const drawn = lines.slice(2, 2 + 1 + 5)
    assert.strictEqual(new Set(drawn.map((line) => line.length)).size, 1)
    assert.match(drawn[1] ?? "", /^the unchoke +1\.10 s +1\.00 s – 1\.20 s +1\.00 × +0\.28 s/)
    assert.match(drawn[4] ?? "", /^the never .*0 of 1 \(1 timeout\)$/)
    assert.match(drawn[5] ?? "", /^\(the mark\)/)
  })

  it("says which targets were missed", () => assert.include(lines, "✗ a wish"))
})

describe("the page", () => {
  it("has a table, the settings of each client, and what was wanted", () => {
    const text = page([{ results: some, verdicts: [{ text: "a wish", met: true }] }], [{ text: "another", met: false }])
    assert.include(text, "| the slow | 4.00 s | 4.00 s – 4.00 s | 3.64 × |")
    assert.include(text, "- ✓ a wish")
    assert.include(text, "- ✗ another")
    assert.include(text, "| the slow | 1 | None. |")
    assert.include(text, "`npm run bench -- --only memory`")
  })
})

describe("the chart", () => {
  const drawn = elements(chart([some, results({ unchoke: [1], other: [2] }, "64m")]))
  const bars = drawn.filter(({ name }) => name === "rect").map(({ attributes }) => attributes)

  it("is one SVG with two rectangles for each client that ever ended, waiting and working", () => {
    assert.strictEqual(drawn[0]?.name, "svg")
    assert.strictEqual(bars.length, 2 * 3 + 2 * 2)
  })

  it("draws times to scale, and cuts what would dwarf the others", () => {
    const widths = bars.map(({ width }) => Number(width))
    const total = (index: number) => (widths[2 * index] ?? 0) + (widths[2 * index + 1] ?? 0)
    // 1.1, 4 and 50 seconds; the scale ends at 8 of ours.
    assert.closeTo(total(1) / total(0), 4 / 1.1, 0.05)
    assert.closeTo(total(2) / total(0), 8, 0.05)
    assert.closeTo(total(4) / total(3), 2, 0.05)
  })

  it("stays within its width", () => {
    const width = Number(drawn[0]?.attributes["width"])
    for (const { x, width: bar } of bars) assert.isAtMost(Number(x) + Number(bar), width)
  })

  it("escapes titles", () => {
    assert.include(chart([some]), "Title of &lt;memory&gt;")
  })
})

describe("seconds", () => {
  it("has about three digits", () => {
    assert.deepStrictEqual([0.0834, 0.214, 1.744, 21.34, Infinity].map(seconds), [
      "83 ms",
      "0.21 s",
      "1.74 s",
      "21.3 s",
      "–",
    ])
  })
})

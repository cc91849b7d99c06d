/** How far the look at the disk is: told on any terminal. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { checkLine } from "../../packages/cli/src/render/checkLine.ts"
import { plain } from "../../packages/cli/src/render/style.ts"
import { grouped, widthOf } from "../../packages/cli/src/render/text.ts"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("the line of a look at the disk", () => {
  it.prop(
    "tells the percentage at any width, the numbers from 30 columns on, the time that is left from 70 on",
    [within(1, 99_999), within(0, 100), within(6, 150), within(0, 10_000)],
    ([pieces, part, columns, now]) => {
      const checked = Math.floor((pieces * part) / 100)
      const line = checkLine({ pieces, checked, since: { at: 0, checked: 0 } }, now, columns, plain)
      assert.isAtMost(widthOf(line), columns)
      assert.match(line, / ?\d+(\.\d)? %/)
      if (columns >= 30) assert.include(line, `${grouped(checked)} of ${grouped(pieces)}`)
      if (columns >= 40) assert.include(line, "Checking")
      if (columns >= 70 && checked > 0 && now >= 1000) assert.match(line, /\d (s|min|h|day|days)( \d+ \w+)? left$/)
    },
  )

  it("looks like this", () => {
    const at = (columns: number) =>
      checkLine({ pieces: 1536, checked: 160, since: { at: 0, checked: 0 } }, 4000, columns, plain)
    assert.deepStrictEqual([77, 57, 37, 16].map(at), [
      "━━─────────────────  Checking  10.4 %    160 of 1,536 pieces        35 s left",
      "Checking  10.4 %    160 of 1,536 pieces        35 s left",
      "Checking  10.4 %    160 of 1,536",
      "10.4 %",
    ])
  })
})

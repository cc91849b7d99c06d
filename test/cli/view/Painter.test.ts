/** What the painter writes, on a terminal that does what it says and nothing else. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Painter } from "../../../packages/cli/src/view/Painter.ts"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Enough of a terminal without wrapping: cells, a cursor that stays on the last one, and what moves and clears. */
class Terminal {
  cells: Array<Array<string>> = []
  #columns = 0

  resize(columns: number, rows: number): void {
    this.#columns = columns
    this.cells = Array.from({ length: rows }, (_, y) =>
      Array.from({ length: columns }, (_, x) => this.cells[y]?.[x] ?? "#"),
    )
  }

  write(text: string): void {
    let [y, x] = [0, 0]
    // oxlint-disable-next-line no-control-regex
    for (const [token, row, column] of text.matchAll(/\u001b\[(\d+);(\d+)H|\u001b\[\?2026[hl]|\u001b\[K|[\s\S]/gu)) {
      if (row !== undefined) [y, x] = [Number(row) - 1, Number(column) - 1]
      else if (token === "\u001b[K") this.cells[y]!.fill(" ", x)
      else if (!token.startsWith("\u001b")) {
        this.cells[y]![x] = token
        x = Math.min(x + 1, this.#columns - 1)
      }
    }
  }

  get lines(): ReadonlyArray<string> {
    return this.cells.map((line) => line.join("").trimEnd())
  }
}

const Step = Schema.Struct({
  resizes: Schema.Boolean,
  columns: within(1, 12),
  rows: within(1, 6),
  /** The length of each line, and which letter it is of. */
  lines: Schema.Array(Schema.Tuple([within(0, 12), within(0, 2)])).check(Schema.isMaxLength(6)),
})

describe("the painter", () => {
  it.prop(
    "leaves on the terminal the last frame, whatever was there and however it was resized; of the same frame it writes nothing",
    [Schema.Array(Step).check(Schema.isMaxLength(12))],
    ([steps]) => {
      const painter = new Painter()
      const terminal = new Terminal()
      let size = { columns: 10, rows: 4 }
      terminal.resize(size.columns, size.rows)
      for (const step of steps) {
        if (step.resizes) {
          size = { columns: step.columns, rows: step.rows }
          terminal.resize(size.columns, size.rows)
        }
        const lines = step.lines
          .slice(0, size.rows)
          .map(([length, letter]) => "abc"[letter]!.repeat(Math.min(length, size.columns)))
        const text = painter.paint(lines, size)
        if (text !== "") {
          assert.isTrue(text.startsWith("\u001b[?2026h"))
          assert.isTrue(text.endsWith("\u001b[?2026l"))
        }
        terminal.write(text)
        assert.deepStrictEqual(
          terminal.lines,
          Array.from({ length: size.rows }, (_, row) => lines[row] ?? ""),
        )
        assert.strictEqual(painter.paint(lines, size), "")
      }
    },
  )

  it("writes the lines that changed and no others", () => {
    const painter = new Painter()
    const size = { columns: 20, rows: 3 }
    painter.paint(["one", "two", "three"], size)
    assert.strictEqual(painter.paint(["one", "2", "three"], size), "\u001b[?2026h\u001b[2;1H2\u001b[K\u001b[?2026l")
  })
})

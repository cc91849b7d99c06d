/** Rows in aligned columns. */
import type { Style } from "./style.ts"
import { fit, padEnd, padStart, widthOf } from "./text.ts"

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string
  readonly align?: "left" | "right"
  /** When the terminal is too narrow, columns that have a least width are cut to it, in the order given. */
  readonly least?: number
  readonly colour?: (row: Row, style: Style) => (text: string) => string
}

const gap = "  "

/** The table as lines, its heads first. `columns` is the terminal's width; without it nothing is cut. */
export const table = <Row>(
  columns: ReadonlyArray<Column<Row>>,
  rows: ReadonlyArray<Row>,
  style: Style,
  width: number = Infinity,
): ReadonlyArray<string> => {
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)))
  const widths = shrunk(
    columns,
    columns.map(({ title }, i) => cells.reduce((most, row) => Math.max(most, widthOf(row[i]!)), widthOf(title))),
    width,
  )
  const line = (texts: ReadonlyArray<string>, paint: (i: number) => (text: string) => string) =>
    columns
      .map(({ align }, i) => {
        const text = fit(texts[i]!, widths[i]!)
        const pad = align === "right" ? padStart : i === columns.length - 1 ? (text: string) => text : padEnd
        return paint(i)(pad(text, widths[i]!))
      })
      .join(gap)
      .trimEnd()
  return [
    line(
      columns.map(({ title }) => title),
      () => style.dim,
    ),
    ...rows.map((row, at) => line(cells[at]!, (i) => columns[i]!.colour?.(row, style) ?? ((text) => text))),
  ]
}

const shrunk = (
  columns: ReadonlyArray<Column<never>>,
  natural: ReadonlyArray<number>,
  available: number,
): ReadonlyArray<number> => {
  const widths = [...natural]
  let excess = widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1) - available
  for (const [i, { least }] of columns.entries()) {
    if (least === undefined || excess <= 0) continue
    const cut = Math.min(excess, Math.max(0, widths[i]! - least))
    widths[i]! -= cut
    excess -= cut
  }
  return widths
}

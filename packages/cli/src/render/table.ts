/** Rows in aligned columns, made to fit a terminal: columns are cut or left out in an order that the table gives. */
import type { Style } from "./style.ts"
import { fit, padEnd, padStart, widthOf } from "./text.ts"

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string
  readonly align?: "left" | "right"
  /** What this column gives up where the terminal is too narrow: columns in ascending `order`, each down to so many cells; 0 leaves it out. */
  readonly yields?: { readonly order: number; readonly to: number }
  readonly colour?: (row: Row, style: Style) => (text: string) => string
}

const gap = "  "

/** The titles of those columns that are left out at this width. */
export const leftOut = <Row>(
  columns: ReadonlyArray<Column<Row>>,
  rows: ReadonlyArray<Row>,
  width: number = Infinity,
): ReadonlyArray<string> => {
  const widths = fitted(
    columns,
    columns.map((column) => naturalWidth(column, rows.map(column.cell))),
    width,
  )
  return columns.flatMap(({ title }, i) => (widths[i] === 0 ? [title] : []))
}

const naturalWidth = ({ title }: { readonly title: string }, texts: ReadonlyArray<string>): number =>
  texts.reduce((most, text) => Math.max(most, widthOf(text)), title.length)

/** The table as lines, its heads first. `width` is the terminal's; without it nothing is cut. */
export const table = <Row>(
  columns: ReadonlyArray<Column<Row>>,
  rows: ReadonlyArray<Row>,
  style: Style,
  width: number = Infinity,
): ReadonlyArray<string> => {
  const cells = columns.map(({ cell, title }) => ({ title, texts: rows.map(cell) }))
  const natural = cells.map((cell) => naturalWidth(cell, cell.texts))
  const widths = fitted(columns, natural, width)
  const shown = columns.flatMap((column, i) => (widths[i]! > 0 ? [{ column, ...cells[i]!, width: widths[i]! }] : []))
  const line = (textOf: (cell: (typeof shown)[number]) => string) => shown.map(textOf).join(gap).trimEnd()
  return [
    line(({ column, title, width }) => style.dim(pad(column, title, width))),
    ...rows.map((row, at) =>
      line(({ column, texts, width }) => {
        const paint = column.colour?.(row, style)
        const text = pad(column, fit(texts[at]!, width), width)
        return paint === undefined ? text : paint(text.trimEnd()) + " ".repeat(width - widthOf(text.trimEnd()))
      }),
    ),
  ]
}

const pad = (column: Column<never>, text: string, width: number): string =>
  column.align === "right" ? padStart(text, width) : padEnd(text, width)

/** The width of each column: 0 where it is left out. */
const fitted = (
  columns: ReadonlyArray<Column<never>>,
  natural: ReadonlyArray<number>,
  available: number,
): ReadonlyArray<number> => {
  const widths = [...natural]
  const excess = () => {
    const shown = widths.filter((width) => width > 0)
    return shown.reduce((sum, width) => sum + width, 0) + gap.length * (shown.length - 1) - available
  }
  const yielding = [...columns.entries()]
    .flatMap(([i, { yields }]) => (yields === undefined ? [] : [{ i, ...yields }]))
    .toSorted((a, b) => a.order - b.order)
  for (const { i, to } of yielding) {
    if (excess() <= 0) break
    widths[i] = to === 0 ? 0 : Math.max(Math.min(to, widths[i]!), widths[i]! - excess())
  }
  // A column that was left out made more room than was needed.
  for (const { i } of yielding) {
    if (widths[i]! > 0) widths[i] = Math.min(natural[i]!, widths[i]! + Math.max(0, -excess()))
  }
  return widths
}

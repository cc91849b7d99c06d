/**
 * A table whose columns keep their places: which there are, and how wide they are, depends on the terminal alone. Where there is no room for one line a row, each row takes two.
 *
 * Invariant: no line is wider than the terminal, and no text of a row brings a control character.
 */
import type { Style } from "../render/style.ts"
import { fit, padEnd, padStart, safe, widthOf } from "../render/text.ts"

export interface Column<Row> {
  readonly title: string
  readonly width: number
  readonly align?: "left" | "right"
  /** Takes its part of what the others leave; 0 is none. */
  readonly grows?: number
  readonly text: (row: Row, now: number) => string
  readonly paint?: (row: Row, style: Style) => (text: string) => string
  /** Which comes first. */
  readonly order?: (a: Row, b: Row, now: number) => number
}

/** A table's layout: the columns of each line that a row takes. */
export type Layout<Row> = ReadonlyArray<ReadonlyArray<Column<Row>>>

/** The first layout that there is room for, its widths given out; the last one in any case. */
export const laidOut = <Row>(layouts: ReadonlyArray<Layout<Row>>, columns: number): Layout<Row> => {
  const roomy = layouts.find((layout) => layout.every((line) => widthOfAll(line) <= columns)) ?? layouts.at(-1)!
  return roomy.map((line) => stretched(line, columns))
}

/** The titles, that by which is sorted in bold; `beside` stands behind the first of them. */
export const heads = <Row>(
  layout: Layout<Row>,
  columns: number,
  sortedBy: string,
  beside: string,
  style: Style,
): ReadonlyArray<string> =>
  layout.map((line, nth) =>
    painted(
      line.map((column, at) => ({
        text: padded(column, nth === 0 && at === 0 ? `${column.title} ${beside}`.trimEnd() : column.title),
        paint: column.title === sortedBy ? style.bold : style.dim,
      })),
      columns,
    ),
  )

export const row = <Row>(
  layout: Layout<Row>,
  columns: number,
  one: Row,
  now: number,
  style: Style,
): ReadonlyArray<string> =>
  layout.map((line) =>
    painted(
      line.map((column) => ({
        text: padded(column, safe(column.text(one, now))),
        paint: column.paint?.(one, style) ?? same,
      })),
      columns,
    ),
  )

const same = (text: string) => text

/** A narrower terminal than the narrowest layout cuts cells at its edge. */
const painted = (
  cells: ReadonlyArray<{ readonly text: string; readonly paint: (text: string) => string }>,
  columns: number,
): string => {
  let room = columns
  const parts: Array<string> = []
  for (const { paint, text } of cells) {
    if (parts.length > 0) room--
    if (room <= 0) break
    const shown = fit(text, room)
    room -= widthOf(shown)
    parts.push(paint(shown))
  }
  return parts.join(" ")
}

const padded = <Row>({ align, width }: Column<Row>, text: string): string => {
  const cut = fit(text, width)
  return align === "right" ? padStart(cut, width) : padEnd(cut, width)
}

const widthOfAll = <Row>(line: ReadonlyArray<Column<Row>>): number =>
  line.reduce((sum, { width }) => sum + width, line.length - 1)

const stretched = <Row>(line: ReadonlyArray<Column<Row>>, columns: number): ReadonlyArray<Column<Row>> => {
  const free = Math.max(0, columns - widthOfAll(line))
  const shares = line.reduce((sum, { grows = 0 }) => sum + grows, 0)
  return line.map((column) => ({
    ...column,
    width: column.width + (shares === 0 ? 0 : Math.floor((free * (column.grows ?? 0)) / shares)),
  }))
}

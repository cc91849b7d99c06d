/**
 * Everything that a view shows at once, as lines: the head, a map, a table of which a part is shown, what was said last, the keys.
 *
 * Invariant: there are as many lines as the terminal has rows, none wider than it. On a low terminal the map and what was said give way first.
 */
import type { Style } from "../render/style.ts"
import { fit, fitWords, grouped, padEnd, widthOf } from "../render/text.ts"
import type { Controls, Room } from "./Controls.ts"
import type { Size } from "./Painter.ts"
import { heads, type Layout, laidOut, row } from "./columns.ts"

export interface Frame {
  readonly lines: ReadonlyArray<string>
  readonly room: Room
}

export interface Sheet<Row> {
  readonly title: string
  /** What stands at the right end of the title, where there is room. */
  readonly aside: string
  /** Below it, made for the terminal's width. */
  readonly head: ReadonlyArray<string>
  /** The map in at most so many lines, and what it is about; neither where there is nothing to be seen. */
  readonly map: (rows: number) => ReadonlyArray<string>
  readonly legend: string
  readonly rows: ReadonlyArray<Row>
  readonly layouts: ReadonlyArray<Layout<Row>>
  /** By which the rows can be sorted, and how that is called. */
  readonly sorts: ReadonlyArray<Sort<Row>>
  /** Instead of rows, where there is none. */
  readonly nobody: string
  /** The words below the table. */
  readonly below: string
}

export interface Sort<Row> {
  /** A column's title, or a word of its own. */
  readonly by: string
  readonly order: (a: Row, b: Row, now: number) => number
}

export interface Look {
  readonly now: number
  readonly size: Size
  readonly controls: Controls
  /** What was said last, already harmless. */
  readonly said: ReadonlyArray<string>
  readonly style: Style
}

export const sheet = <Row>(self: Sheet<Row>, { controls, now, said, size, style }: Look): Frame => {
  const { columns, rows: height } = size
  const layout = laidOut(self.layouts, columns)
  const sort = self.sorts[controls.sort % self.sorts.length]!
  const map = self.map(mapRows(height)).map((line) => style.cyan(line))
  const notes = said.slice(-noteRows(height)).map((line) => style.dim(fitWords(line, columns)))
  const above = [
    titleOf(self, columns, style),
    ...self.head,
    ...(height >= 20 && self.legend !== "" ? [style.dim(fitWords(self.legend, columns))] : []),
    ...map,
    ...(height >= 20 ? [""] : []),
  ]
  const hasWords = height >= 16
  const rowsLeft = height - above.length - layout.length - notes.length - 1 - Number(hasWords)
  const page = Math.max(1, Math.floor(rowsLeft / layout.length))
  const last = Math.max(0, self.rows.length - page)
  const top = Math.min(controls.top, last)
  const shownOf = range(top, page, self.rows.length)
  const words = [shownOf, self.below].filter((text) => text !== "").join("  ")
  // Where there is no line for it, it stands beside the first title.
  const titles = heads(layout, columns, sort.by, hasWords ? "" : shownOf, style)
  const below = [
    ...(hasWords ? [style.dim(fitWords(words, columns))] : []),
    ...notes,
    keysLine(sort.by, controls.reversed, columns, style),
  ]
  const shown = sorted(self.rows, sort, controls.reversed, now)
    .slice(top, top + page)
    .flatMap((one) => row(layout, columns, one, now, style))
  const table = self.rows.length === 0 ? [fitWords(self.nobody, columns)] : shown
  const free = Math.max(0, height - above.length - titles.length - below.length - table.length)
  const lines = [...above, ...titles, ...table, ...Array.from({ length: free }, () => ""), ...below]
  return {
    // Too low for all of it: the keys stay, for somebody may want to go.
    lines: lines.length <= height ? lines : [...lines.slice(0, height - 1), ...lines.slice(-1)].slice(-height),
    room: { sorts: self.sorts.length, page, last },
  }
}

/** While it is not known yet what the torrent is. */
export const beforeAnything = (line: string, look: Look): Frame =>
  sheet<never>(
    {
      title: line,
      aside: "",
      head: [],
      map: () => [],
      legend: "",
      rows: [],
      layouts: [[]],
      sorts: [{ by: "", order: () => 0 }],
      nobody: "",
      below: "",
    },
    look,
  )

const mapRows = (height: number): number => Math.max(1, Math.min(6, Math.floor((height - 10) / 6)))

const noteRows = (height: number): number => (height < 12 ? 0 : height < 20 ? 1 : height < 32 ? 2 : 4)

const titleOf = <Row>({ aside, title }: Sheet<Row>, columns: number, style: Style): string => {
  const room = columns - widthOf(aside) - 2
  if (room < Math.min(16, widthOf(title))) return style.bold(fit(title, columns))
  return `${style.bold(padEnd(fit(title, room), room))}  ${style.dim(aside)}`
}

/** Where there is little room, those that nobody would guess stay. */
const keysLine = (by: string, reversed: boolean, columns: number, style: Style): string => {
  const order = `s sort: ${by.toLowerCase()}${reversed ? " reversed" : ""}`
  const lines = [
    `q quit   v line   ${order}   r reverse   ↑ ↓ scroll`,
    `q quit  v line  ${order}  ↑↓ scroll`,
    `q quit  v line  ${order}`,
    "q quit  v line",
    "q quit",
  ]
  return style.dim(fit(lines.find((line) => widthOf(line) <= columns) ?? "q", columns))
}

const sorted = <Row>(
  rows: ReadonlyArray<Row>,
  { order }: Sort<Row>,
  reversed: boolean,
  now: number,
): ReadonlyArray<Row> => {
  const inOrder = rows.toSorted((a, b) => order(a, b, now))
  return reversed ? inOrder.toReversed() : inOrder
}

/** "11–20 of 80"; empty where all are shown. */
const range = (top: number, page: number, all: number): string =>
  all <= page ? "" : `${grouped(top + 1)}–${grouped(Math.min(all, top + page))} of ${grouped(all)}`

/**
 * A line of cells that keep their places from one moment to the next.
 *
 * Invariant: which cells are shown depends on the terminal's width alone, except where a text is wider than it usually is.
 */
import { padEnd, padStart, widthOf } from "./text.ts"

export interface Cell {
  readonly text: string
  /** How wide it is as a rule at most. */
  readonly width: number
  readonly align: "left" | "right"
}

export const right = (text: string, width: number): Cell => ({ text, width, align: "right" })
export const left = (text: string, width: number): Cell => ({ text, width, align: "left" })

const gap = "  "

/** The first of the layouts that there is room for; the last one in any case. */
export const arranged = (layouts: ReadonlyArray<ReadonlyArray<Cell>>, columns: number): string => {
  const roomy = layouts.filter((cells) => usualWidth(cells) <= columns)
  const lines = (roomy.length === 0 ? layouts.slice(-1) : roomy).map((cells) => cells.map(padded).join(gap).trimEnd())
  return lines.find((line) => widthOf(line) <= columns) ?? lines.at(-1)!.trim()
}

/** How much of the columns the first layout that there is room for leaves free. */
export const roomBeside = (layouts: ReadonlyArray<ReadonlyArray<Cell>>, columns: number): number =>
  layouts.map((cells) => columns - usualWidth(cells)).find((room) => room >= 0) ?? 0

const usualWidth = (cells: ReadonlyArray<Cell>): number =>
  cells.reduce((sum, { width }) => sum + width, gap.length * (cells.length - 1))

const padded = ({ align, text, width }: Cell): string =>
  align === "right" ? padStart(text, width) : padEnd(text, width)

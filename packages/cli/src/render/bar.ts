/** A bar of so many cells, filled in half cells. */
import { arranged, type Cell, roomBeside } from "./cells.ts"
import type { Style } from "./style.ts"
import { fit, fitWords } from "./text.ts"

export const bar = (fraction: number, columns: number, style: Style): string => {
  const halves = Math.round(Math.min(1, Math.max(0, fraction)) * columns * 2)
  const filled = "━".repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? "╸" : "")
  return style.cyan(filled) + style.dim("─".repeat(columns - Math.ceil(halves / 2)))
}

/** A longer one says no more. */
export const longestBar = 30

/** A shorter one says nothing. */
const shortestBar = 10

/** Below so many columns there is no room for a bar. */
const columnsForBar = 50

/** Words behind a bar whose length depends on the terminal alone, so it does not jump. */
export const withBar = (words: string, fraction: number, columns: number, style: Style): string => {
  if (columns < columnsForBar) return fitWords(words.trimStart(), columns)
  const size = Math.min(longestBar, Math.floor(columns / 4))
  return `${bar(fraction, size, style)}  ${fitWords(words, columns - size - 2)}`
}

/** Cells that keep their places, behind a bar where they leave room for one. */
export const withBarBeside = (
  layouts: ReadonlyArray<ReadonlyArray<Cell>>,
  fraction: number,
  columns: number,
  style: Style,
): string => {
  const size = Math.min(longestBar, roomBeside(layouts, columns) - 2)
  if (size < shortestBar) return fit(arranged(layouts, columns), columns)
  return `${bar(fraction, size, style)}  ${fit(arranged(layouts, columns - size - 2), columns - size - 2)}`
}

/** A bar of so many cells, filled in half cells. */
import type { Style } from "./style.ts"
import { fit } from "./text.ts"

export const bar = (fraction: number, columns: number, style: Style): string => {
  const halves = Math.round(Math.min(1, Math.max(0, fraction)) * columns * 2)
  const filled = "━".repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? "╸" : "")
  return style.cyan(filled) + style.dim("─".repeat(columns - Math.ceil(halves / 2)))
}

/** A longer one says no more. */
export const longestBar = 30

/** Below so many columns there is no room for a bar. */
const columnsForBar = 50

/** Words behind a bar whose length depends on the terminal alone, so it does not jump. */
export const withBar = (words: string, fraction: number, columns: number, style: Style): string => {
  if (columns < columnsForBar) return fit(words, columns)
  const size = Math.min(longestBar, Math.floor(columns / 4))
  return `${bar(fraction, size, style)}  ${fit(words, columns - size - 2)}`
}

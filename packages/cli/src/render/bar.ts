/** A bar of so many cells, filled in half cells. */
import type { Style } from "./style.ts"

export const bar = (fraction: number, columns: number, style: Style): string => {
  const halves = Math.round(Math.min(1, Math.max(0, fraction)) * columns * 2)
  const filled = "━".repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? "╸" : "")
  return style.cyan(filled) + style.dim("─".repeat(columns - Math.ceil(halves / 2)))
}

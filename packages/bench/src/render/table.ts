/** Results for a terminal. */
import type { Row } from "../Row.ts"
import type { Verdict } from "../Target.ts"
import { cells, head } from "./cells.ts"

export const table = (title: string, rows: ReadonlyArray<Row>, verdicts: ReadonlyArray<Verdict>): string => {
  const lines = [head, ...rows.map(cells)]
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const aligned = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  )
  const judged = verdicts.map(({ met, text }) => `${met ? "✓" : "✗"} ${text}`)
  return [title, "", ...aligned, ...(judged.length === 0 ? [] : ["", ...judged]), ""].join("\n")
}

import { count, grouped } from "../render/text.ts"
import type { Report, Row } from "./Report.ts"

/** What there is room for in a drawing, the best first, and the notes that it has then. */
export const drawn = ({ notes, rows }: Report, most: number): Drawn =>
  rows.length <= most
    ? { rows, notes }
    : {
        rows: rows.slice(0, most),
        notes: [
          ...notes,
          `Drawn are the best ${grouped(most)} of ${count(rows.length, "peer")}; all of them are counted.`,
        ],
      }

export interface Drawn {
  readonly rows: ReadonlyArray<Row>
  readonly notes: ReadonlyArray<string>
}

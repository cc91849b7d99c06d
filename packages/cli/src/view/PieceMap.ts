/**
 * Which pieces of a torrent are there, and how that looks in so many cells: a fold of a download's events, in place, for there may be thousands a second.
 *
 * Invariant: a cell is full only when all of its pieces are there, and empty only when none is.
 */
import type { DownloadEvent } from "@unchoke/engine"

export class PieceMap {
  readonly #there: Uint8Array
  #lacking: ReadonlyArray<number> = []

  constructor(pieces: number) {
    this.#there = new Uint8Array(pieces)
  }

  see(event: DownloadEvent): void {
    switch (event._tag) {
      case "Checking":
        for (const [first, amount] of event.runs ?? []) {
          this.#there.fill(1, first, first + amount)
        }
        return
      case "PieceStored":
        return void (this.#there[event.piece] = 1)
      case "PieceLost":
        return void (this.#there[event.piece] = 0)
      case "Copies":
        // Of many only the first are named: crossed out alone they would make the others look better than they are.
        this.#lacking = event.lacking > event.pieces.length ? [] : event.pieces
    }
  }

  /** Lines of so many cells. Nobody has a piece of a cell that is crossed out. */
  lines(columns: number, rows: number): ReadonlyArray<string> {
    return inCells(this.#there.length, columns, rows, (from, to) => {
      let there = 0
      for (let piece = from; piece < to; piece++) there += this.#there[piece]!
      if (there < to - from && this.#lacking.some((piece) => piece >= from && piece < to)) return "×"
      return shade(there / (to - from))
    })
  }
}

/** How many of those who were asked have each stretch of a torrent. */
export const availability = (
  stretches: ReadonlyArray<number>,
  columns: number,
  rows: number,
): ReadonlyArray<string> => {
  const most = Math.max(1, ...stretches)
  return inCells(stretches.length, columns, rows, (from, to) => {
    const rarest = Math.min(...stretches.slice(from, to))
    return rarest === 0 ? "×" : (levels[Math.ceil((rarest / most) * levels.length) - 1] ?? "█")
  })
}

/** What a part of it is: nothing, a quarter, a half, more, all. */
const shade = (part: number): string =>
  part >= 1 ? "█" : part <= 0 ? "·" : part < 0.34 ? "░" : part < 0.67 ? "▒" : "▓"

const levels = ["░", "▒", "▓", "█"]

/** The whole in as many cells as there are, each a stretch of it; where there are more cells than parts, a part is several. */
const inCells = (
  parts: number,
  columns: number,
  rows: number,
  cell: (from: number, to: number) => string,
): ReadonlyArray<string> => {
  if (parts <= 0 || columns <= 0 || rows <= 0) return []
  const needed = Math.min(rows, Math.ceil(parts / columns))
  const cells = needed * columns
  const lines: Array<string> = []
  for (let row = 0; row < needed; row++) {
    let line = ""
    for (let column = 0; column < columns; column++) {
      const nth = row * columns + column
      const from = Math.floor((nth * parts) / cells)
      line += cell(from, Math.max(from + 1, Math.floor(((nth + 1) * parts) / cells)))
    }
    lines.push(line)
  }
  return lines
}

/**
 * One screen for several torrents: a line for each, and one for all of them.
 *
 * Where there are more than lines of the terminal, those are shown of which something moves, then those that are not all there; the rest is counted. Invariant: who is shown keeps the order in which they came.
 */
import { Effect, type Scope } from "effect"
import { grouped, named, padEnd, fit, safe } from "../render/text.ts"
import type { Style } from "../render/style.ts"
import { type LiveLine, News, type Screen } from "../Screen.ts"
import { sumLine } from "./sumLine.ts"
import type { Stage, Tally } from "./Tally.ts"

/** A torrent's line. */
export class Row {
  name: string
  stage: Stage = "waiting"
  /** How it looks now, while there is anything to see. */
  line: LiveLine | undefined
  /** When bytes of it were moved last, by the clock of the screen. */
  movedAt = -Infinity
  /** What a log was told of it. */
  readonly news = new News()

  constructor(name: string) {
    this.name = name
  }
}

/** So long after its last bytes a torrent counts as one that moves, in milliseconds. */
const active = 5000

/** So many lines of a log at a time. */
const mostReports = 20

/** Cells for the name: a part of the width, and no more than tells torrents apart. */
const nameColumns = (rows: ReadonlyArray<Row>, columns: number): number => {
  const longest = rows.reduce((most, { name }) => Math.max(most, safe(name).length), 0)
  return Math.min(longest, 30, Math.floor(columns * 0.3))
}

const gap = "  "

export class Board {
  readonly tally: Tally
  readonly #rows = new Set<Row>()
  /** What a log was told of all of them. */
  readonly #news = new News()

  constructor(tally: Tally) {
    this.tally = tally
  }

  add(row: Row): void {
    this.#rows.add(row)
  }

  remove(row: Row): void {
    this.#rows.delete(row)
  }

  /** For a terminal of so many columns and lines. */
  frame(now: number, columns: number, height: number, style: Style): string {
    const rows = [...this.#rows].filter(({ line }) => line !== undefined)
    // The cursor's line is the last; one is for all of them.
    const room = Math.max(1, height - 2)
    const shown = rows.length <= room ? rows : this.#foremost(rows, room - 1, now)
    const width = nameColumns(shown, columns)
    const lines = shown.map(
      ({ line, name }) =>
        style.bold(padEnd(fit(safe(name), width), width)) + gap + line!(now, columns - width - gap.length, style),
    )
    const rest = rows.length - shown.length
    if (rest > 0) lines.push(fit(`… and ${grouped(rest)} more`, columns))
    return [...lines, fit(sumLine(this.tally, now, columns), columns)].join("\n")
  }

  /** For a log: of those of which there is something new. */
  reports(now: number, style: Style): ReadonlyArray<string> {
    const rows = [...this.#rows].filter((row) => row.line !== undefined && this.#isNews(row, now))
    const lines: Array<string> = []
    for (const row of this.#foremost(rows, mostReports, now)) {
      const text = row.line!(now, undefined, style)
      if (row.news.isNew(text)) lines.push(`${safe(row.name)}: ${text}`)
    }
    if (rows.length > mostReports) lines.push(`… and ${grouped(rows.length - mostReports)} more`)
    const sum = sumLine(this.tally, now)
    return this.#news.isNew(sum) || lines.length > 0 ? [...lines, sum] : []
  }

  /** Of a seed that nobody asks there is none. */
  #isNews({ movedAt, stage }: Row, now: number): boolean {
    return stage !== "seeding" || now - movedAt < 2 * active
  }

  #foremost(rows: ReadonlyArray<Row>, most: number, now: number): ReadonlyArray<Row> {
    const rank = ({ movedAt, stage }: Row) => (now - movedAt < active ? 0 : stage === "seeding" ? 2 : 1)
    const chosen = new Set([...rows].toSorted((a, b) => rank(a) - rank(b)).slice(0, most))
    return rows.filter((row) => chosen.has(row))
  }
}

/** The screen of one torrent among several: what is said names it, its changing line is on the board. */
export const pane = (screen: Screen["Service"], row: Row): Screen["Service"] => ({
  ...screen,
  follow: (line) =>
    Effect.acquireRelease(
      Effect.sync(() => void (row.line = line)),
      () => Effect.sync(() => void (row.line = undefined)),
    ) as Effect.Effect<void, never, Scope.Scope>,
  note: (text) => screen.note(named(text, row.name)),
  draw: () => Effect.void,
})

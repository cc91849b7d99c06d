/** All torrents of one command in one line. */
import { arranged, left, right } from "../render/cells.ts"
import { grouped } from "../render/text.ts"
import * as Units from "../render/units.ts"
import type { Stage, Tally } from "./Tally.ts"

const stages: ReadonlyArray<readonly [Stage, string]> = [
  ["running", "running"],
  ["seeding", "seeding"],
  ["waiting", "waiting"],
  ["later", "to be tried again"],
  ["done", "done"],
  ["failed", "failed"],
]

/** "3 running, 2 waiting, 1 done  ↓ 33.4 MiB/s  ↑ 1.2 MiB/s", for a terminal of so many columns or for a log. */
export const sumLine = (tally: Tally, now: number, columns?: number): string => {
  const counts = stages.flatMap(([stage, word]) =>
    tally.at(stage) === 0 ? [] : [`${grouped(tally.at(stage))} ${word}`],
  )
  if (counts.length === 0) return "Nothing has come yet; Ctrl-C ends it"
  // What was the rate of those that have come to their end is no news.
  const [fetches, gives] = [tally.at("running") > 0, tally.at("running") + tally.at("seeding") > 0]
  const down = Units.rate(fetches ? tally.down.rate(now) : 0)
  const up = Units.rate(gives ? tally.up.rate(now) : 0)
  if (columns === undefined) {
    const words = [...(fetches ? [`${down} down`] : []), ...(gives ? [`${up} up`] : [])]
    return [`All together: ${counts.join(", ")}`, ...words].join(", ")
  }
  const rates = [right(`↓ ${down}`, 12), right(`↑ ${up}`, 12)]
  const main = fetches ? rates[0]! : rates[1]!
  const all = counts.join(", ")
  // What moves, and of how many, before what became of each.
  const brief = counts.length === 1 ? all : `${counts[0]!} of ${grouped(tally.all)}`
  return arranged(
    [
      [left(all, all.length), ...rates],
      [left(all, all.length), main],
      [left(brief, brief.length), main],
      [left(brief, 0)],
    ],
    columns,
  )
}

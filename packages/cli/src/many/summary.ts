/** How it ended with the torrents of one command. */
import type { Style } from "../render/style.ts"
import { count, grouped, named, safe } from "../render/text.ts"
import * as Units from "../render/units.ts"
import type { Tally } from "./Tally.ts"

/** What was done with each. */
export type What = "download" | "seed"

/** The last lines: how many are done, what was fetched and given, and who failed and why. */
export const summary = (tally: Tally, what: What, took: number, style: Style): ReadonlyArray<string> => {
  const { failures } = tally
  const failed = tally.at("failed") + tally.at("later")
  const torrents = failures.filter(({ name }) => name !== undefined).length
  // Why none has come has been said right before.
  if (tally.all === 0) return failures.length > 0 ? [] : [`No torrent has come in ${Units.span(took)}.`]
  return [
    what === "seed" ? seeded(tally, took, style) : downloaded(tally, took, style),
    ...failures.map(({ name, why }) => `  ${name === undefined ? safe(why) : named(safe(why), name)}`),
    ...(failed > torrents ? [`  … and ${grouped(failed - torrents)} more`] : []),
  ]
}

/** Those that are all there and were served until the end are done. */
const downloaded = (tally: Tally, took: number, style: Style): string => {
  const { all, fetched, given } = tally
  const serving = tally.at("seeding")
  const done = tally.at("done") + serving
  const failed = tally.at("failed")
  const open = all - done - failed
  const moved = [
    ...(fetched > 0 ? [`${Units.bytes(fetched)} fetched`] : []),
    ...(given > 0 ? [`${Units.bytes(given)} given`] : []),
  ]
  const counts = [
    `${grouped(done)} of ${count(all, "torrent")} done`,
    ...(open > 0 ? [`${grouped(open)} not`] : []),
    ...(failed > 0 ? [style.red(`${grouped(failed)} failed`)] : []),
  ]
  return `${counts.join(", ")} in ${Units.span(took)}${moved.length === 0 ? "" : `; ${moved.join(", ")}`}.`
}

/** A seed has no end of its own: how many there were, for how long, and what was given. */
const seeded = (tally: Tally, took: number, style: Style): string => {
  const { all, given } = tally
  const served = tally.at("done") + tally.at("seeding")
  const failed = tally.at("failed")
  const open = all - served - failed
  const counts = [
    `${served === all ? "" : `${grouped(served)} of `}${count(all, "torrent")} seeded`,
    ...(open > 0 ? [`${grouped(open)} not yet`] : []),
    ...(failed > 0 ? [style.red(`${grouped(failed)} failed`)] : []),
  ]
  const gave = given > 0 ? `${Units.bytes(given)} given` : "nothing was asked for"
  return served === 0
    ? `${counts.join(", ")} in ${Units.span(took)}.`
    : `${counts.join(", ")} in ${Units.span(took)}: ${gave}.`
}

/** The same as JSON tells it. */
export const summaryJson = (tally: Tally): object => ({
  torrents: tally.all,
  done: tally.at("done"),
  seeding: tally.at("seeding"),
  failed: tally.at("failed"),
  later: tally.at("later"),
  downloaded: tally.fetched,
  uploaded: tally.given,
})

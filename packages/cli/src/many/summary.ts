/** How it ended with the torrents of one command. */
import type { Style } from "../render/style.ts"
import { count, grouped, safe } from "../render/text.ts"
import * as Units from "../render/units.ts"
import type { Tally } from "./Tally.ts"

/** The last lines: how many are done, what was fetched and given, and who failed and why. */
export const summary = (tally: Tally, took: number, style: Style): ReadonlyArray<string> => {
  const { all, failures, fetched, given } = tally
  const done = tally.at("done")
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
  return [
    `${counts.join(", ")} in ${Units.span(took)}${moved.length === 0 ? "" : `; ${moved.join(", ")}`}.`,
    ...failures.map(({ name, why }) => `  ${safe(name)}: ${safe(why)}`),
    ...(failed > failures.length ? [`  … and ${grouped(failed - failures.length)} more`] : []),
  ]
}

/** The same as JSON tells it. */
export const summaryJson = (tally: Tally): object => ({
  torrents: tally.all,
  done: tally.at("done"),
  failed: tally.at("failed"),
  downloaded: tally.fetched,
  uploaded: tally.given,
})

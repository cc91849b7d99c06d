/** When a torrent of a folder that is watched is tried again: what was in its way may pass by itself. */
import { Duration, Effect } from "effect"
import * as Fs from "node:fs"
import { join } from "node:path"
import type { Torrent } from "@unchoke/engine"
import { codeOf, ExitCode } from "../ExitCode.ts"
import * as Units from "../render/units.ts"

export interface Again {
  /** Ends when it is time. */
  readonly due: Effect.Effect<void>
  /** "in 2 min". */
  readonly inWords: string
}

/** After the first try, and the longest time between two. */
const first = Duration.minutes(2)
const longest = Duration.hours(1)

/** Peers come and go: the longer nobody was there, the more seldom they are looked for. */
export const laterForPeers = (error: unknown, tries: number): Again | undefined => {
  if (codeOf(error) !== ExitCode.noPeers && codeOf(error) !== ExitCode.noSuitablePeer) return undefined
  const wait = Duration.min(Duration.times(first, 2 ** Math.min(tries - 1, 10)), longest)
  return { due: Effect.sleep(wait), inWords: `in ${Units.span(Duration.toMillis(wait))}` }
}

/** Between two looks for data that is not there: at first, and at most; and while it is just being written. */
const leastPause = 5000
const mostPause = 60_000
const restPause = 2000

/** So many of its files show that something of it has come. */
const mostFiles = 10

/** Data that is not there may be put there: then, when it has come to rest. Of a torrent that is not known nobody knows what its data is. */
export const onceThere = (torrent: Torrent, folder: string): Again => {
  const look = Effect.promise(() => stampOf(torrent, folder))
  const due = Effect.gen(function* () {
    const before = yield* look
    let [last, pause] = [before, leastPause]
    for (;;) {
      yield* Effect.sleep(last === before ? pause : restPause)
      pause = Math.min(mostPause, pause * 1.2)
      const now = yield* look
      if (now === last && now !== before) return
      last = now
    }
  })
  return { due, inWords: "when something of it appears there" }
}

/** Differs when there is something else: also where the folder is the torrent's own, and of files that are not complete. */
const stampOf = async ({ files }: Torrent, folder: string): Promise<string> => {
  const paths = files
    .filter(({ link, padding }) => !padding && link === undefined)
    .slice(0, mostFiles)
    .flatMap(({ path }) => [join(folder, ...path), join(folder, ...path.slice(1))])
  const stats = await Promise.all(
    [folder, ...paths.flatMap((path) => [path, `${path}.part`])].map((path) => Fs.promises.stat(path).catch(() => {})),
  )
  // The time of a folder changes with whatever is put there.
  return stats
    .map((stat) => (stat === undefined ? "" : stat.isFile() ? `${stat.size} ${stat.mtimeMs}` : "folder"))
    .join()
}

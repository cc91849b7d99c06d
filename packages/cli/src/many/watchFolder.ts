/** A folder in which torrents appear, as `.torrent` files or as links in `.magnet` files: each is taken up when it is whole. */
import { Effect, type FileSystem, Result, Schedule, Stream } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { Screen } from "../Screen.ts"
import { inWords, readSource, UnreadableTorrent } from "../torrentFile.ts"
import { mostWatched, type Sight, Watched } from "./Watched.ts"

/** Between two looks. By asking, not by being told: that works on every disk, and costs nothing at this pace. */
const every = "1 second"

/** So many files are asked for, or read, at once. */
const together = 16

/** After so many looks what has not changed is taken, whether it is a torrent or not. */
const patience = 10

const isMeant = (name: string): boolean => /^[^.].*\.(torrent|magnet)$/i.test(name)

/** Whether what rests is looked into at this look: it is seldom a torrent later that was none at first. */
const isDue = (looks: number): boolean => (looks & (looks - 1)) === 0

/**
 * The paths of those that are there, and of those that appear, for ever; of what a look finds those that are torrents come first. Fails when the folder cannot be read at the beginning; later it may go and
 * come back.
 */
export const watchFolder = (
  folder: string,
): Stream.Stream<string, UnreadableTorrent, FileSystem.FileSystem | Screen> => {
  const watched = new Watched()
  const isTorrent = (path: string) => Effect.isSuccess(readSource(path, { insecureTracker: false, json: true }))
  const taken = (name: string) => {
    watched.take(name)
    return Path.join(folder, name)
  }
  const look = Effect.map(
    Effect.promise(() => sights(folder)),
    (found) => {
      const resting = watched.look(found)
      // Who writes slowly may pause; what never becomes a torrent is told of in the end.
      const spent = resting.filter(({ looks }) => looks >= patience)
      const whole = Stream.fromIterable(resting.filter(({ looks }) => looks < patience && isDue(looks))).pipe(
        Stream.mapEffect(
          ({ name }) =>
            Effect.map(isTorrent(Path.join(folder, name)), (is) => (is ? Result.succeed(name) : Result.failVoid)),
          { concurrency: together },
        ),
        Stream.filterMap((name) => name),
      )
      return Stream.concat(whole, Stream.fromIterable(spent.map(({ name }) => name))).pipe(Stream.map(taken))
    },
  )
  const readable = Effect.tryPromise({
    try: () => Fs.promises.readdir(folder),
    catch: (cause) => new UnreadableTorrent({ path: folder, why: inFolder(cause), as: "folder" }),
  })
  return Stream.fromEffect(readable).pipe(
    Stream.drain,
    Stream.concat(
      Stream.fromEffectRepeat(look).pipe(
        Stream.schedule(Schedule.spaced(every)),
        Stream.flatMap((due) => due),
      ),
    ),
  )
}

const inFolder = (cause: unknown): string => {
  const why = inWords(cause) ?? String(cause)
  return why === inWords({ code: "ENOENT" }) ? "there is no such folder" : why
}

/** What is there now; what cannot be looked at is not. */
const sights = async (folder: string): Promise<ReadonlyArray<Sight>> => {
  const names = (await Fs.promises.readdir(folder).catch(() => [])).filter(isMeant)
  const found: Array<Sight> = []
  for (let nth = 0; nth < names.length && found.length < mostWatched; nth += together) {
    const some = await Promise.all(names.slice(nth, nth + together).map((name) => sightOf(folder, name)))
    for (const sight of some) if (sight !== undefined) found.push(sight)
  }
  return found
}

const sightOf = async (folder: string, name: string): Promise<Sight | undefined> => {
  const stat = await Fs.promises.stat(Path.join(folder, name)).catch(() => undefined)
  // Nothing in it: whoever made it has not begun to write.
  return stat?.isFile() === true && stat.size > 0
    ? { name, stamp: `${stat.ino} ${stat.size} ${stat.mtimeMs}` }
    : undefined
}

/** A folder in which torrents appear, as `.torrent` files or as links in `.magnet` files: each is taken up when it is whole. */
import { Effect, type FileSystem, Option, Schedule, Stream } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { Screen } from "../Screen.ts"
import { inWords, readSource, UnreadableTorrent } from "../torrentFile.ts"
import { mostWatched, type Sight, Watched } from "./Watched.ts"

/** Between two looks. By asking, not by being told: that works on every disk, and costs nothing at this pace. */
const every = "1 second"

/** After so many looks what has not changed is taken, whether it is a torrent or not. */
const patience = 10

const isMeant = (name: string): boolean => /^[^.].*\.(torrent|magnet)$/i.test(name)

/** The paths of those that are there, and of those that appear, for ever. Fails when the folder cannot be read at the beginning; later it may go and come back. */
export const watchFolder = (
  folder: string,
): Stream.Stream<string, UnreadableTorrent, FileSystem.FileSystem | Screen> => {
  const watched = new Watched()
  const look = Effect.gen(function* () {
    const resting = watched.look(yield* Effect.promise(() => sights(folder)))
    const due: Array<string> = []
    for (const { looks, name } of resting) {
      const path = Path.join(folder, name)
      // Who writes slowly may pause; what never becomes a torrent is told of in the end.
      if (looks < patience && !(yield* Effect.isSuccess(readSource(path, { insecureTracker: false, json: true }))))
        continue
      watched.take(name)
      due.push(path)
    }
    return due
  })
  const readable = Effect.tryPromise({
    try: () => Fs.promises.readdir(folder),
    catch: (cause) => new UnreadableTorrent({ path: folder, why: inFolder(cause), as: "folder" }),
  })
  return Stream.fromEffect(readable).pipe(
    Stream.drain,
    Stream.concat(
      Stream.fromEffectRepeat(look).pipe(Stream.schedule(Schedule.spaced(every)), Stream.flatMap(Stream.fromIterable)),
    ),
  )
}

const inFolder = (cause: unknown): string => {
  const why = inWords(cause) ?? String(cause)
  return why === inWords({ code: "ENOENT" }) ? "there is no such folder" : why
}

/** What is there now; what cannot be looked at is not. */
const sights = async (folder: string): Promise<ReadonlyArray<Sight>> => {
  const names = await Fs.promises.readdir(folder).catch(() => [])
  const meant = names.filter(isMeant).slice(0, mostWatched)
  const found: Array<Sight> = []
  for (const name of meant) {
    const sight = await sightOf(folder, name)
    if (Option.isSome(sight)) found.push(sight.value)
  }
  return found
}

const sightOf = async (folder: string, name: string): Promise<Option.Option<Sight>> => {
  try {
    const stat = await Fs.promises.stat(Path.join(folder, name))
    // Nothing in it: whoever made it has not begun to write.
    return stat.isFile() && stat.size > 0
      ? Option.some({ name, stamp: `${stat.ino} ${stat.size} ${stat.mtimeMs}` })
      : Option.none()
  } catch {
    return Option.none()
  }
}

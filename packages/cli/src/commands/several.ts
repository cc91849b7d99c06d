/** How several torrents are given to one command: as arguments, in lists, in a folder that is watched. */
import { Effect, type FileSystem, type Stdio, Stream } from "effect"
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { Argument, CliError, Flag } from "effect/cli"
import { stdin } from "../inputOf.ts"
import { readList } from "../many/list.ts"
import type { NamesNothing } from "../many/NamesNothing.ts"
import { mayTakeLong, type Naming } from "../many/Naming.ts"
import { watchFolder } from "../many/watchFolder.ts"
import { safe } from "../render/text.ts"
import { listed } from "../render/unasked.ts"
import { note, type Screen } from "../Screen.ts"
import type { UnreadableTorrent } from "../torrentFile.ts"
import { isNoPath } from "../webAddress.ts"
import { anyPath, asTyped } from "./options.ts"
import { wholeFromText } from "./quantities.ts"

export const torrents = Argument.Path("torrent", anyPath).pipe(
  Argument.map(asTyped),
  Argument.withDescription(
    "The .torrent files, their addresses on the web, or magnet links: one or more; - is a list on stdin",
  ),
  Argument.variadic(),
)

/** What a seed is given: torrents, and last the folder where they are. */
export const seeded = torrents.pipe(
  Argument.withDescription(
    "The torrents, as files, addresses or magnet links; behind them the folder that their files or folders are in, or, of one torrent, that itself (default: the working folder)",
  ),
  Argument.withMetavar("[<torrent...>] [<folder>]"),
)

/** Of what a seed is given the last is the folder, unless it is a torrent by its name, or nothing else was given. */
export const placed = ({ list, torrents, watch = [] }: SeveralFlags): SeveralFlags & { readonly folder?: string } => {
  const last = torrents.at(-1)
  const others = torrents.length - 1 + list.length + watch.length
  const isFolder = last !== undefined && last !== stdin && !isTorrentByName(last) && others > 0
  return isFolder ? { list, watch, torrents: torrents.slice(0, -1), folder: last } : { list, watch, torrents }
}

const isTorrentByName = (text: string): boolean => isNoPath(text) || /\.(torrent|magnet)$/i.test(text)

/** A file, or stdin. */
export const list = Flag.Path("list", anyPath).pipe(
  Flag.withMetavar("file"),
  Flag.map(asTyped),
  Flag.withDescription(
    "A file that names a torrent a line, # being a comment, paths counting from the working folder; - is stdin; as often as you like",
  ),
  Flag.atLeast(0),
)

export const watch = Flag.Path("watch", anyPath).pipe(
  Flag.withMetavar("folder"),
  Flag.map(asTyped),
  Flag.withDescription(
    "Take every torrent (or .magnet file) that is in a folder, or appears there, until Ctrl-C; as often as you like",
  ),
  Flag.atLeast(0),
)

const mostJobs = 100
const usualJobs = 5

const jobs = Flag.String("jobs").pipe(
  Flag.withAlias("j"),
  Flag.withMetavar(`1..${mostJobs}`),
  Flag.withDescription(`Of several torrents, how many to fetch at once (default: ${usualJobs})`),
  Flag.filterMap(wholeFromText(1, mostJobs), () => `a whole number from 1 to ${mostJobs}, such as 3`),
  Flag.withDefault(usualJobs),
)

export const several = { list, watch, jobs }

export interface SeveralFlags {
  readonly torrents: ReadonlyArray<string>
  readonly list: ReadonlyArray<string>
  readonly watch?: ReadonlyArray<string>
  readonly json?: boolean
  readonly quiet?: boolean
}

/** The one torrent that was given, where there is one and nothing else. */
export const onlyOne = ({ list, torrents, watch = [] }: SeveralFlags): string | undefined =>
  torrents.length === 1 && torrents[0] !== stdin && list.length === 0 && watch.length === 0 ? torrents[0] : undefined

/** So many arguments are torrents for certain: - is a list. */
export const countOf = ({ torrents }: SeveralFlags): number => torrents.filter((torrent) => torrent !== stdin).length

type Named = Stream.Stream<
  Naming | UnreadableTorrent | NamesNothing,
  never,
  FileSystem.FileSystem | Stdio.Stdio | Screen
>

/**
 * All that were given, and why a list or a folder names none: that keeps no other from it. In the order in which they are named, but what a list names that comes through a pipe when it comes, and meanwhile
 * what appears in a folder. Does not end while one is watched.
 */
export const given = ({ list, torrents, watch = [], ...flags }: SeveralFlags): Named => {
  const places = new Set<string>()
  /** Each once: a pipe that is read to its end would wait for somebody who writes into it again. */
  const lists = [...torrents.filter((torrent) => torrent === stdin), ...list].filter((path) => {
    const place = path === stdin ? stdin : resolve(path)
    return !places.has(place) && places.add(place)
  })
  const slow = lists.filter(mayTakeLong)
  const read = (paths: ReadonlyArray<string>) =>
    Stream.flatMap(Stream.fromIterable(paths), (path) => namedBy("list")(readList(path)))
  const named = Stream.fromIterable(torrents.filter((torrent) => torrent !== stdin)).pipe(
    namedBy("argument"),
    Stream.concat(read(lists.filter((path) => !slow.includes(path)))),
  )
  const saysSo = flags.json !== true && flags.quiet !== true
  const others: ReadonlyArray<Named> = [
    ...slow.map((path) => (saysSo ? sayingWaiting(path, read([path])) : read([path]))),
    ...watch.map((folder) => namedBy("folder")(watchFolder(folder))),
  ]
  return Stream.mergeAll([named, ...others], { concurrency: "unbounded" })
}

/** What gives its first line at once needs no word. */
const sayingWaiting = (path: string, names: Named): Named => {
  let hasCome = false
  const what = path === stdin ? "the list on stdin" : `the list that is to come through a pipe: ${safe(path)}`
  const say = Effect.suspend(() => (hasCome ? Effect.void : note(`Waiting for ${what}`)))
  return Stream.merge(
    Stream.tap(names, () => Effect.sync(() => void (hasCome = true))),
    Stream.drain(Stream.fromEffect(Effect.delay(say, "1 second"))),
    { haltStrategy: "left" },
  )
}

/** What is looked at until Ctrl-C, and what is done with whatever appears there; of folders that are there. */
export const watching = ({ watch = [] }: SeveralFlags, what: string): string | undefined => {
  const folders = watch.filter((folder) => existsSync(folder)).map(safe)
  return folders.length === 0
    ? undefined
    : `Watching ${listed(folders)} until Ctrl-C: torrents that appear there are ${what}.`
}

/** That it cannot be read is told like what it names. */
const namedBy =
  (by: Naming["by"]) =>
  <E, R>(texts: Stream.Stream<string, E, R>): Stream.Stream<Naming | E, never, R> =>
    Stream.catch(
      Stream.map(texts, (text): Naming | E => ({ text, by })),
      (error) => Stream.succeed(error),
    )

/** Whether anything was given at all, and stdin once. */
export const someGiven = ({ list, torrents, watch = [] }: SeveralFlags): Effect.Effect<void, CliError.CliError> => {
  if (torrents.length + list.length + watch.length === 0) {
    return Effect.fail(new CliError.MissingArgument({ argument: "torrent" }))
  }
  return [...torrents, ...list].filter((path) => path === stdin).length > 1
    ? Effect.fail(
        new CliError.ValidationError({ message: "the standard input is named twice, and can be read but once" }),
      )
    : Effect.void
}

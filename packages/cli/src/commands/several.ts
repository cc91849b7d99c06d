/** How several torrents are given to one command: as arguments, in lists, in a folder that is watched. */
import { Effect, type FileSystem, type Stdio, Stream } from "effect"
import { resolve } from "node:path"
import { Argument, CliError, Flag } from "effect/cli"
import { stdin } from "../inputOf.ts"
import { readList } from "../many/list.ts"
import type { NamesNothing } from "../many/NamesNothing.ts"
import { watchFolder } from "../many/watchFolder.ts"
import type { Screen } from "../Screen.ts"
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
  Flag.withDescription("A file that names a torrent a line, # being a comment; - is stdin; as often as you like"),
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
}

/** The one torrent that was given, where there is one and nothing else. */
export const onlyOne = ({ list, torrents, watch = [] }: SeveralFlags): string | undefined =>
  torrents.length === 1 && torrents[0] !== stdin && list.length === 0 && watch.length === 0 ? torrents[0] : undefined

/** All that were given, and why a list or a folder names none: that keeps no other from it. In the order in which they are named, and meanwhile what appears in a folder. Does not end while one is watched. */
export const given = ({
  list,
  torrents,
  watch = [],
}: SeveralFlags): Stream.Stream<
  string | UnreadableTorrent | NamesNothing,
  never,
  FileSystem.FileSystem | Stdio.Stdio | Screen
> => {
  const lists = new Set<string>()
  /** Each once: a pipe that is read to its end would wait for somebody who writes into it again. */
  const readOnce = (path: string) => {
    const place = path === stdin ? stdin : resolve(path)
    if (lists.has(place)) return Stream.empty
    lists.add(place)
    return toldAsOne(readList(path))
  }
  const named = Stream.fromIterable(torrents).pipe(
    Stream.flatMap((torrent) => (torrent === stdin ? readOnce(stdin) : Stream.succeed(torrent))),
    Stream.concat(Stream.flatMap(Stream.fromIterable(list), readOnce)),
  )
  const appearing = Stream.mergeAll(watch.map(watched), { concurrency: "unbounded" })
  return watch.length === 0 ? named : Stream.merge(named, appearing)
}

const toldAsOne = <A, E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A | E, never, R> =>
  Stream.catch(stream, (error) => Stream.succeed(error))

const watched = (folder: string) => toldAsOne(watchFolder(folder))

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

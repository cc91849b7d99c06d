/** Where a torrent's data is to be looked for: in the folder that was named, or, when that is the torrent's own folder or file, there. */
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { StorageError, type Torrent, Unchoke } from "@unchoke/engine"

export interface ContentPlace {
  /** The torrent, with its own folder or file called as it is on the disk. */
  readonly torrent: Torrent
  readonly folder: string
}

/** Fails when there is nothing of this name, or a file where the torrent has several. */
export const contentPlace = Effect.fnUntraced(function* (
  torrent: Torrent,
  named: string,
): Effect.fn.Return<ContentPlace, StorageError, Unchoke> {
  const { inspect } = yield* Unchoke
  const stat = yield* Effect.sync(() => Fs.statSync(named, { throwIfNoEntry: false })).pipe(
    Effect.catchDefect(() => Effect.succeed("unknown" as const)),
  )
  if (stat === undefined) return yield* new StorageError({ operation: "open", path: named, reason: "not found" })
  const asNamed = { torrent, folder: named }
  // Whoever looks will be told why not.
  if (stat === "unknown") return asNamed
  const isFile = torrent.files.length === 1 && torrent.files[0]!.path.length === 1
  if (!isFile && !stat.isDirectory()) {
    return yield* new StorageError({ operation: "open", path: named, reason: "not a folder" })
  }
  if (stat.isDirectory() === isFile) return asNamed
  const itself = renamed(torrent, Path.resolve(named))
  if (isFile) return itself
  const isThere = ({ folder, torrent }: ContentPlace) =>
    Effect.map(inspect(torrent, folder), (found) => found.some(({ linked, size }) => linked || size !== undefined))
  return !(yield* isThere(asNamed)) && (yield* isThere(itself)) ? itself : asNamed
})

const renamed = (torrent: Torrent, path: string): ContentPlace => {
  const name = Path.basename(path, torrent.files[0]!.path.length === 1 ? ".part" : "")
  const below = (path: ReadonlyArray<string>) => [name, ...path.slice(1)]
  const files = torrent.files.map((file) => ({
    ...file,
    path: below(file.path),
    ...(file.link === undefined || file.link.length === 0 ? {} : { link: below(file.link) }),
  }))
  return { torrent: { ...torrent, name, files }, folder: Path.dirname(path) }
}

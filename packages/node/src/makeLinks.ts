/**
 * A torrent's symbolic links (BEP 47), made when all else is there.
 *
 * Invariants: a link leads from its place to another place of the torrent, by a relative path; nothing that is there is replaced.
 */
import { Effect } from "effect"
import type * as Fs from "node:fs"
import * as Path from "node:path"
import type { LeftOut, Torrent } from "@unchoke/engine"
import type { FilePlaces } from "./filePlaces.ts"
import type { InsideFolder } from "./insideFolder.ts"

/** What a link says; `undefined` for one that must not be made. */
export const targetOf = ({ files }: Torrent, file: number): string | undefined => {
  const { link = [], path } = files[file]!
  if (link.length === 0) return undefined
  const target = Path.relative(path.slice(0, -1).join(Path.sep), link.join(Path.sep))
  return target === "" ? "." : target
}

/** Whether what is there is this link already. */
export const isLinked = (fs: typeof Fs, torrent: Torrent, places: FilePlaces, file: number): boolean => {
  try {
    return fs.readlinkSync(places.absolute(file)) === targetOf(torrent, file)
  } catch {
    return false
  }
}

/** Makes those that are chosen and missing; returns those that cannot be made. */
export const makeLinks = (
  fs: typeof Fs,
  torrent: Torrent,
  places: FilePlaces,
  inside: InsideFolder,
  isChosen: (file: number) => boolean = () => true,
): Effect.Effect<ReadonlyArray<LeftOut>> =>
  Effect.sync(() =>
    torrent.files.flatMap(({ link }, file): ReadonlyArray<LeftOut> => {
      if (link === undefined || !isChosen(file) || isLinked(fs, torrent, places, file)) return []
      const path = places.absolute(file)
      const target = targetOf(torrent, file)
      if (target === undefined) return [{ path, why: "it leads out of the torrent" }]
      if (inside.isThere(path)) return [{ path, why: "something else is there" }]
      try {
        inside.hasFolders(file, true)
        fs.symlinkSync(target, path)
        return []
      } catch {
        return [{ path, why: "the disk refuses" }]
      }
    }),
  )

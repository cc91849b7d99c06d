/**
 * What becomes of a torrent of which nothing was there before, and of which not one piece has become right: whatever was made for it is taken away again, files, folders and record.
 *
 * Refuses what may be somebody else's: only files that we have made go, and only empty folders.
 */
import type { Torrent } from "@unchoke/engine"
import type * as Fs from "node:fs"
import * as Path from "node:path"
import type { Layout } from "./Disk.ts"
import type { FilePlaces } from "./filePlaces.ts"
import type { FileStamps } from "./fileStamps.ts"

export interface LeaveNothingOptions {
  readonly fs: typeof Fs
  readonly torrent: Pick<Torrent, "files">
  readonly layout: Pick<Layout, "folder">
  readonly places: FilePlaces
  readonly stamps: FileStamps
}

/** To be called before anything is made; what it returns, when nobody writes any more. */
export const leaveNothing = ({ fs, layout, places, stamps, torrent }: LeaveNothingOptions): (() => void) => {
  const folders = new Set<string>()
  for (const file of torrent.files.keys()) {
    for (let above = Path.dirname(places.finalPath(file)); above.length > layout.folder.length;) {
      if (folders.has(above)) break
      folders.add(above)
      above = Path.dirname(above)
    }
  }
  const innermostFirst = [...folders].toSorted((a, b) => b.length - a.length)
  // Where the torrent's own folder is there already, those in it may be as well.
  const outermost = innermostFirst.at(-1)
  const areOurs = outermost !== undefined && attempt(() => fs.lstatSync(outermost)) === undefined
  return () => {
    for (const file of torrent.files.keys()) {
      if (!places.is(file, "made")) continue
      const path = places.absolute(file)
      const stat = attempt(() => fs.lstatSync(path))
      if (stat?.isFile() === true && stamps.isOwn(file, stat)) attempt(() => fs.unlinkSync(path))
    }
    if (areOurs) for (const folder of innermostFirst) attempt(() => fs.rmdirSync(folder))
  }
}

const attempt = <A>(call: () => A): A | undefined => {
  try {
    return call()
  } catch {
    return undefined
  }
}

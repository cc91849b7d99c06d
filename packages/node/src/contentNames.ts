/**
 * What there is of a torrent in a folder, by the names that its files have on this disk: their own, the safe ones, the unfinished ones; the border's file; the record.
 *
 * Nothing is opened: whose a file of such a name is, is not known by it.
 */
import { Effect } from "effect"
import * as Path from "node:path"
import type { StorageError, Torrent } from "@unchoke/engine"
import type { Layout } from "./Disk.ts"
import { filePlaces } from "./filePlaces.ts"
import { isFolder, look, type MoveFs } from "./moveCalls.ts"
import * as ResumeFile from "./ResumeFile.ts"

export interface ContentName {
  /** Below the folder. */
  readonly path: string
  /** Of one of the torrent's files its place in the list. */
  readonly file?: number
  /** It has the name of what is not complete. */
  readonly unfinished?: boolean
}

/** The files in their order, then the border's file, then the record. */
export const namesIn = Effect.fnUntraced(function* (
  fs: MoveFs,
  torrent: Torrent,
  layout: Layout,
): Effect.fn.Return<ReadonlyArray<ContentName>, StorageError> {
  const { folder, lengths } = layout
  const places = filePlaces(layout)
  const found: Array<ContentName> = []
  const folders = new Map<string, boolean>()
  const isKnownFolder = Effect.fnUntraced(function* (path: string) {
    const known = folders.get(path)
    if (known !== undefined) return known
    const is = yield* isFolder(fs, "open", path)
    folders.set(path, is)
    return is
  })
  const isThere = Effect.fnUntraced(function* (path: string) {
    const whole = Path.join(folder, path)
    return (yield* isKnownFolder(Path.dirname(whole))) && (yield* look(fs, whole)) !== undefined
  })
  for (const [file, { padding }] of torrent.files.entries()) {
    if (padding) continue
    for (const safe of layout.safePaths.has(file) ? [false, true] : [false]) {
      places.mark(file, "safe", safe)
      // A link is made at once.
      for (const unfinished of lengths[file]! > 0 ? [false, true] : [false]) {
        places.mark(file, "part", unfinished)
        const path = places.relative(file)
        if (yield* isThere(path)) found.push({ path, file, unfinished })
      }
    }
  }
  for (const path of [ResumeFile.borderNameOf(torrent), ResumeFile.nameOf(torrent)]) {
    if (yield* isThere(path)) found.push({ path })
  }
  return found
})

/** What of a torrent in a folder is moved to another one: what its record says of its files decides. Changes nothing. */
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { StorageError, Torrent } from "@unchoke/engine"
import { type ContentName, namesIn } from "./contentNames.ts"
import type { Layout } from "./Disk.ts"
import { seenAt } from "./FileSurvey.ts"
import { layoutOf } from "./layoutOf.ts"
import type { MoveFs } from "./moveCalls.ts"
import { PieceBuffers } from "./PieceBuffers.ts"
import * as ResumeFile from "./ResumeFile.ts"

/** Where its files are in a folder. Nothing is written by it. */
export const layoutIn = (torrent: Torrent, folder: string): Effect.Effect<Layout, StorageError> =>
  layoutOf(torrent, folder, new PieceBuffers(1, 0))

/**
 * What is moved, and what of ours is of no use to anybody. Of what may be unfinished or somebody else's the record tells: it goes along where something of it is right. Without a record all is there that
 * was to be, and has its name.
 */
export const whatMoves = Effect.fnUntraced(function* (fs: MoveFs, torrent: Torrent, layout: Layout) {
  const claims = new ResumeFile.ResumeFile(Fs, torrent, layout).claims
  const isMoved = ({ file, unfinished }: ContentName): boolean => {
    if (file === undefined || !(layout.lengths[file]! > 0)) return true
    return claims === undefined ? unfinished !== true : claims.holds(file) && !claims.wasAside(file)
  }
  const moving: Array<ContentName> = []
  const useless: Array<string> = []
  for (const name of yield* namesIn(fs, torrent, layout)) {
    const seen = seenAt(Fs, Path.join(layout.folder, name.path))
    if (isMoved(name)) moving.push(name)
    else if (seen !== undefined && claims?.isOurs(name.file!, seen) === true) useless.push(name.path)
  }
  return { moving, useless, outdated: new Array<string>(), claims }
})

/** Whether a file is there that was not when the record was written: it was fetched since, and the record and the border's file know less than what is there. */
export const hasMore = Effect.fnUntraced(function* (
  fs: MoveFs,
  torrent: Torrent,
  folder: string,
  claims: ResumeFile.Claims | undefined,
) {
  if (claims === undefined) return false
  const there = yield* namesIn(fs, torrent, yield* layoutIn(torrent, folder))
  return there.some(({ file }) => file !== undefined && claims.wasAside(file))
})

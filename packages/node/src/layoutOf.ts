/** Where a torrent's bytes lie on the disk. Refuses what leads out of the download folder. */
import { Effect } from "effect"
import * as Path from "node:path"
import type { StorageError, Torrent } from "@unchoke/engine"
import type { Layout } from "./Disk.ts"
import { partNames, safePaths } from "./diskNames.ts"
import type { PieceBuffers } from "./PieceBuffers.ts"
import { sharedPieces } from "./PieceSpans.ts"
import * as ResumeFile from "./ResumeFile.ts"
import { stampSize } from "./ResumeRecord.ts"
import { toStorageError } from "./StorageFault.ts"

/** Below `folder`, which is absolute. */
export const layoutOf = (
  torrent: Torrent,
  folder: string,
  buffers: PieceBuffers,
): Effect.Effect<Layout, StorageError> => {
  const { files, pieceHashes } = torrent
  const escaping = files.find(
    ({ path }) => path.length === 0 || path.some(leavesFolder) || ResumeFile.isReserved(path[0]!),
  )
  if (escaping !== undefined) {
    return Effect.fail(
      toStorageError({
        operation: "open",
        path: Path.join(folder, ...escaping.path),
        code: "EOUTSIDE",
        message: "not a safe path",
      }),
    )
  }
  const paths = files.map(({ path }) => path.join(Path.sep))
  const record = ResumeFile.nameOf(torrent)
  const border = sharedPieces(torrent).length * torrent.geometry.pieceLength
  const lengths = files.map(({ length, link, padding }) => (padding || link !== undefined ? -1 : length))
  return Effect.succeed({
    folder,
    separator: Path.sep,
    border: files.length,
    paths: [...paths, ResumeFile.borderNameOf(torrent)].join("\0"),
    partNames: partNames(paths, Path.sep),
    safePaths: safePaths(paths, Path.sep),
    places: new SharedArrayBuffer(files.length + 1),
    missing: new SharedArrayBuffer((files.length + 1) * 4 + torrent.geometry.pieces),
    lengths: Float64Array.from([...lengths, border]),
    // A copy for each who asks: of a part of more, all of it would cross to a worker.
    get hashes() {
      return pieceHashes.slice()
    },
    get buffers() {
      return buffers.memory
    },
    record: Path.join(folder, record),
    stamps: new SharedArrayBuffer(((files.length + 1) * stampSize + 2) * 8),
  })
}

/** The metainfo's reader has made the paths safe; here is where a mistake would do harm. */
const leavesFolder = (segment: string): boolean =>
  segment === "" || segment === "." || segment === ".." || segment.includes("\0") || segment.includes(Path.sep)

/** A torrent's files with all that is known and done with them; like its parts it reaches a worker as text. */
import type * as Fs from "node:fs"
import type { Layout } from "./Disk.ts"
import type { bringFile, BringFile } from "./bringFile.ts"
import type { fileDescriptors, FileDescriptors } from "./fileDescriptors.ts"
import type { filePlaces, FilePlaces } from "./filePlaces.ts"
import type { fileStamps } from "./fileStamps.ts"
import type { insideFolder } from "./insideFolder.ts"
import type { missingPieces, MissingPieces } from "./missingPieces.ts"
import type { moveFiles, MoveFiles } from "./moveFiles.ts"
import type { openFiles, OpenFiles, Window } from "./openFiles.ts"

export interface DiskFiles {
  readonly places: FilePlaces
  readonly descriptors: FileDescriptors
  readonly files: OpenFiles
  readonly moves: MoveFiles
  readonly bring: BringFile
  readonly missing: MissingPieces
}

/** The parts, as functions that stand alone. */
export interface Parts {
  readonly filePlaces: typeof filePlaces
  readonly fileStamps: typeof fileStamps
  readonly insideFolder: typeof insideFolder
  readonly fileDescriptors: typeof fileDescriptors
  readonly openFiles: typeof openFiles
  readonly moveFiles: typeof moveFiles
  readonly bringFile: typeof bringFile
  readonly missingPieces: typeof missingPieces
}

export const diskFiles = (
  fs: typeof Fs,
  layout: Layout,
  parts: Parts,
  window: Window,
  pause?: () => void,
): DiskFiles => {
  const places = parts.filePlaces(layout)
  const stamps = parts.fileStamps(layout)
  const inside = parts.insideFolder(fs, layout, places)
  const descriptors = parts.fileDescriptors(fs, places, inside, pause)
  const files = parts.openFiles(fs, layout, places, stamps, descriptors, inside, window)
  const moves = parts.moveFiles(fs, layout, places, stamps, descriptors, inside, files)
  const bring = parts.bringFile(fs, layout, places, stamps, inside, files)
  return { places, descriptors, files, moves, bring, missing: parts.missingPieces(layout) }
}

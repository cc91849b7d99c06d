/** The functions that a torrent's files on the disk are made of. Each stands alone, so that a worker gets them as text. */
import type { Parts } from "./diskFiles.ts"
import { bringFile } from "./bringFile.ts"
import { fileDescriptors } from "./fileDescriptors.ts"
import { filePlaces } from "./filePlaces.ts"
import { fileStamps } from "./fileStamps.ts"
import { insideFolder } from "./insideFolder.ts"
import { missingPieces } from "./missingPieces.ts"
import { moveFiles } from "./moveFiles.ts"
import { openFiles } from "./openFiles.ts"

export const parts: Parts = {
  filePlaces,
  fileStamps,
  insideFolder,
  fileDescriptors,
  openFiles,
  moveFiles,
  bringFile,
  missingPieces,
}

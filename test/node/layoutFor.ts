/** Where some files lie in a folder, for those parts of the disk that know nothing of torrents. */
import * as Path from "node:path"
import { diskFiles, type DiskFiles } from "../../packages/node/src/diskFiles.ts"
import { parts } from "../../packages/node/src/diskParts.ts"
import type { Layout } from "../../packages/node/src/Disk.ts"
import type * as Fs from "node:fs"

export const layoutFor = (
  folder: string,
  files: ReadonlyArray<readonly [path: string, length: number]>,
  changes: Partial<Layout> = {},
): Layout => ({
  folder,
  separator: Path.sep,
  border: files.length,
  paths: [...files.map(([path]) => path), ".border"].join("\0"),
  partNames: new Map(),
  safePaths: new Map(),
  places: new SharedArrayBuffer(files.length + 1),
  missing: new SharedArrayBuffer((files.length + 1) * 4 + 100),
  lengths: Float64Array.from([...files.map(([, length]) => length), 0]),
  hashes: new Uint8Array(0),
  buffers: new SharedArrayBuffer(0),
  record: Path.join(folder, ".record"),
  stamps: new SharedArrayBuffer(((files.length + 1) * 4 + 2) * 8),
  ...changes,
})

/** All that works on such files. */
export const filesOn = (fs: typeof Fs, layout: Layout): DiskFiles =>
  diskFiles(fs, layout, parts, { bytes: new Uint8Array(0), of: undefined, file: -1, start: 0, end: 0 })

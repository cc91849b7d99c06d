/**
 * A file that gets chosen: made with what there is of it in the border's file.
 *
 * Like `openFiles` it reaches a worker as text, so it refers to nothing outside itself but types. Invariant: the file is never seen without those bytes, whenever
 * the process dies; the border's file keeps them too. What fails throws a `Fault`.
 */
import type * as Fs from "node:fs"
import type { Layout } from "./Disk.ts"
import type { FilePlaces } from "./filePlaces.ts"
import type { FileStamps } from "./fileStamps.ts"
import type { InsideFolder } from "./insideFolder.ts"
import type { OpenFiles } from "./openFiles.ts"

/** `parts` as in a `Request`. */
export type BringFile = (file: number, parts: Float64Array) => void

export const bringFile = (
  fs: typeof Fs,
  layout: Layout,
  places: FilePlaces,
  stamps: FileStamps,
  inside: InsideFolder,
  files: OpenFiles,
): BringFile => {
  const { lengths } = layout
  const { foreign, isThere, system } = inside

  const bring = (file: number, parts: Float64Array): void => {
    files.release(file)
    inside.hasFolders(file, true)
    const to = places.absolute(file)
    if (isThere(to) && !places.is(file, "replacing")) throw foreign(to)
    const between = inside.besides(to)
    if (isThere(between)) system("create", between, () => fs.unlinkSync(between))
    const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_RDWR } = fs.constants
    const fd = system("create", between, () => fs.openSync(between, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW))
    try {
      for (let at = 0; at < parts.length; at += 3) fill(fd, between, parts[at]!, parts[at + 1]!, parts[at + 2]!)
      system("resize", between, () => fs.ftruncateSync(fd, lengths[file]))
    } finally {
      system("write", between, () => fs.closeSync(fd))
    }
    try {
      system("create", to, () => fs.renameSync(between, to))
    } catch (error) {
      if (inside.codeOf(error) !== "EINVAL" || !places.hasSafePath(file)) throw error
      places.mark(file, "safe", true)
      return bring(file, parts)
    }
    places.mark(file, "made", true)
    stamps.stamp(
      file,
      system("open", to, () => fs.lstatSync(to)),
    )
  }

  const fill = (fd: number, path: string, from: number, to: number, length: number): void => {
    for (let done = 0; done < length;) {
      const some = files.read(layout.border, from + done, length - done).subarray(0, length - done)
      if (some.length === 0) throw inside.fault("read", places.absolute(layout.border), "ECHANGED", "it was cut")
      for (let written = 0; written < some.length;) {
        const rest = some.length - written
        const count = system("write", path, () => fs.writeSync(fd, some, written, rest, to + done + written))
        if (count === 0) throw inside.fault("write", path, "ESHORT", `only ${written} of ${some.length} bytes`)
        written += count
      }
      done += some.length
    }
  }

  return bring
}

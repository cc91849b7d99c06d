/**
 * The steps that a file takes besides being written to: taken over, given its name, cut to its length.
 *
 * Like `openFiles` it reaches a worker as text, so it refers to nothing outside itself but types. Invariants: a name that somebody else's file has is taken from
 * it only where that is allowed (`replacing`); bytes that have another name as well (a hard link, a symbolic one) are copied first, and stay as they are under
 * the other. What fails throws a `Fault`.
 */
import type * as Fs from "node:fs"
import type { Fault, Layout, Step } from "./Disk.ts"
import type { FileDescriptors } from "./fileDescriptors.ts"
import type { FilePlaces } from "./filePlaces.ts"
import type { FileStamps } from "./fileStamps.ts"
import type { InsideFolder } from "./insideFolder.ts"
import type { OpenFiles } from "./openFiles.ts"

export interface MoveFiles {
  readonly take: (step: Step, file: number) => void
  /** Whether the file's bytes have to be compared before it is written to. */
  readonly isKept: (file: number) => boolean
  /** Whether the file is left as it is, because it has these bytes; fails when it has others, and is perhaps somebody else's. */
  readonly keeps: (file: number, start: number, bytes: Uint8Array) => boolean
  /** Whether what is at the file's place is a file that has nothing but zeros in so many bytes from `start` on, as far as it goes. */
  readonly isHollow: (file: number, start: number, length: number) => boolean
  /** Takes away a file that was just made, and could not be written. Never fails. */
  readonly discard: (file: number) => void
}

export const moveFiles = (
  fs: typeof Fs,
  layout: Layout,
  places: FilePlaces,
  stamps: FileStamps,
  descriptors: FileDescriptors,
  inside: InsideFolder,
  files: OpenFiles,
): MoveFiles => {
  const { lengths } = layout
  const { foreign, hasFolders, isThere, system } = inside

  const take = (step: Step, file: number): void => {
    switch (step) {
      case "folders":
        hasFolders(file, true)
        return
      case "make":
        files.make(file)
        return files.leave(file)
      case "adopt":
        return adopt(file)
      case "renew":
        remove("create", places.partPath(file))
        return take("make", file)
      case "trim":
        return trim(file)
      case "single":
        return single(file)
      case "finish":
        return finish(file)
    }
  }

  const adopt = (file: number): void => {
    files.release(file)
    const from = places.absolute(file)
    const to = places.partPath(file)
    if (from !== to && isThere(to) && !places.is(file, "replacing")) throw foreign(to)
    const stat = system("open", from, () => fs.lstatSync(from))
    const isLink = stat.isSymbolicLink()
    const isKnown = stamps.isAsLeft(file, stat)
    if (isLink && !places.is(file, "replacing")) throw foreign(from)
    if (isLink) copy(from, to)
    else {
      // Opened first, so that a file that may not be written to stays where it is.
      fs.closeSync(descriptors.open(from))
      if (from !== to) system("create", to, () => fs.renameSync(from, to))
      if (stat.nlink > 1) copy(to, to)
    }
    places.mark(file, "part", true)
    resize(file, to, isKnown)
  }

  const trim = (file: number): void => {
    files.release(file)
    const path = places.absolute(file)
    const stat = system("open", path, () => fs.lstatSync(path))
    if (stat.isSymbolicLink()) throw foreign(path)
    const isKnown = stamps.isAsLeft(file, stat)
    if (stat.nlink > 1) copy(path, path)
    resize(file, path, isKnown)
  }

  /** What somebody else has changed since we saw it does not become what we have left: `enter` tells it. */
  const resize = (file: number, path: string, isKnown: boolean): void => {
    const fd = descriptors.open(path)
    places.mark(file, "made", true)
    system("resize", path, () => {
      const isWhole = file === layout.border || fs.fstatSync(fd).size === lengths[file]
      if (!isWhole) fs.ftruncateSync(fd, lengths[file])
    })
    descriptors.keep(file, fd)
    const stat = system("open", path, () => fs.fstatSync(fd))
    if (isKnown) stamps.stamp(file, stat)
    else stamps.own(file, stat)
  }

  const copy = (from: string, to: string): void => {
    const between = inside.besides(to)
    remove("create", between)
    system("create", between, () =>
      fs.copyFileSync(from, between, fs.constants.COPYFILE_EXCL | fs.constants.COPYFILE_FICLONE),
    )
    system("create", to, () => fs.renameSync(between, to))
  }

  const remove = (operation: Fault["operation"], path: string): void => {
    if (isThere(path)) system(operation, path, () => fs.unlinkSync(path))
  }

  const finish = (file: number): void => {
    if (!places.is(file, "part")) return
    files.release(file)
    const part = places.partPath(file)
    const final = places.finalPath(file)
    const isLinked = !places.is(file, "replacing") && linkUnlessThere(part, final)
    if (isLinked) system("create", part, () => fs.unlinkSync(part))
    else system("create", final, () => fs.renameSync(part, final))
    const stat = system("open", final, () => fs.lstatSync(final))
    if (!stat.isFile() || !stamps.isOwn(file, stat)) {
      // What was put in our file's place gets its own name back.
      system("create", part, () => fs.renameSync(final, part))
      throw inside.fault("open", part, "ECHANGED", "there is something else in its place")
    }
    places.mark(file, "part", false)
    places.mark(file, "replacing", false)
    stamps.stamp(file, stat)
  }

  /** A rename replaces what has appeared there since one looked; a link never does. `false` where links can't be made: then a look has to do. */
  const linkUnlessThere = (part: string, final: string): boolean => {
    try {
      fs.linkSync(part, final)
      return true
    } catch (error) {
      if (inside.codeOf(error) === "EEXIST" || isThere(final)) throw foreign(final)
      return false
    }
  }

  /** We were stopped between the two steps by which a file gets its name. */
  const single = (file: number): void => {
    const part = places.partPath(file)
    const [one, other] = [part, places.finalPath(file)].map((path) => system("open", path, () => fs.lstatSync(path)))
    if (one!.isFile() && other!.isFile() && one!.ino === other!.ino) system("create", part, () => fs.unlinkSync(part))
  }

  const compare = (file: number, start: number, bytes: Uint8Array): boolean => {
    for (let done = 0; done < bytes.length;) {
      const there = files.read(file, start + done, bytes.length - done).subarray(0, bytes.length - done)
      const wanted = bytes.subarray(done, done + there.length)
      if (there.length === 0 || !wanted.every((byte, at) => byte === there[at])) return false
      done += there.length
    }
    return true
  }

  const isKept = (file: number): boolean => places.is(file, "kept")

  const keeps = (file: number, start: number, bytes: Uint8Array): boolean => {
    if (compare(file, start, bytes)) return true
    if (!places.is(file, "ours")) throw foreign(places.absolute(file))
    adopt(file)
    places.mark(file, "kept", false)
    return false
  }

  const isHollow = (file: number, start: number, length: number): boolean => {
    const path = places.absolute(file)
    if (!system("open", path, () => fs.lstatSync(path)).isFile()) return false
    const end = start + length
    for (let at = start; at < end;) {
      const there = files.read(file, at, 1).subarray(0, end - at)
      if (there.length === 0) return true
      if (there.some((byte) => byte !== 0)) return false
      at += there.length
    }
    return true
  }

  const discard = (file: number): void => {
    if (!places.is(file, "made")) return
    try {
      places.mark(file, "made", false)
      files.release(file)
      fs.unlinkSync(places.absolute(file))
    } catch {
      // Then it is found at the next start, and was being written.
    }
  }

  return { take, isKept, keeps, isHollow, discard }
}

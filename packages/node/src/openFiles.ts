/**
 * A torrent's files, read and written at places.
 *
 * Runs in the main thread or in a worker; it reaches a worker as text (see `WorkerDisk`), so it refers to nothing outside itself but types.
 *
 * Invariant: a write has written everything or failed. What fails throws a `Fault`.
 */
import type * as Fs from "node:fs"
import type { Layout } from "./Disk.ts"
import type { FileDescriptors } from "./fileDescriptors.ts"
import type { FilePlaces } from "./filePlaces.ts"
import type { FileStamps } from "./fileStamps.ts"
import type { InsideFolder } from "./insideFolder.ts"

export interface OpenFiles {
  /** Some bytes from `start` on, borrowed until the next call; none where the file has ended or does not exist. Of more than `wanted` only what comes cheap. */
  readonly read: (file: number, start: number, wanted: number) => Uint8Array
  /** Makes the file where nothing is, with its folders. An unfinished one has its full length, without its bytes. */
  readonly make: (file: number) => void
  /** Before writing: whether we have made it now, or it is as we left it; "changed" by somebody else is told once. Fails when it is gone, or cut short. */
  readonly enter: (file: number) => "made" | "same" | "changed"
  /** Writes all of it; to a file entered before. */
  readonly write: (file: number, start: number, bytes: Uint8Array) => void
  /** After writing, whatever came of it: notes how we leave the file, if that can be known. Never fails. */
  readonly leave: (file: number) => void
  /** Whether what is at the file's place now is the file as we left it. Reading goes on with what is there. Fails when nothing is. */
  readonly inspect: (file: number) => boolean
  /** Closes the file: it is about to be somewhere else, or another one. */
  readonly release: (file: number) => void
}

/** What was read last: one for all torrents of a thread, since nothing of it is kept from one read to the next. */
export interface Window {
  bytes: Uint8Array
  /** Whose it is, and which of its files. */
  of: Layout | undefined
  file: number
  start: number
  end: number
}

export const openFiles = (
  fs: typeof Fs,
  layout: Layout,
  places: FilePlaces,
  stamps: FileStamps,
  descriptors: FileDescriptors,
  inside: InsideFolder,
  window: Window,
): OpenFiles => {
  /** Reads are this large, so that small pieces cost no system call each. */
  const windowSize = 1 << 20

  const { lengths } = layout
  const { absolute } = places
  const { codeOf, fault, system } = inside
  const read = (file: number, start: number, wanted: number): Uint8Array => {
    if (window.of !== layout || window.file !== file || start < window.start || start >= window.end) {
      if (window.bytes.length === 0) window.bytes = new Uint8Array(windowSize)
      const size = readWindow(file, start, wanted)
      Object.assign(window, { of: layout, file, start, end: start + size })
    }
    return window.bytes.subarray(start - window.start, window.end - window.start)
  }

  const readWindow = (file: number, start: number, wanted: number): number => {
    window.of = undefined
    const fd = toRead(file)
    if (fd === undefined) return 0
    const readSome = (size: number) => fs.readSync(fd, window.bytes, 0, Math.min(size, windowSize), start)
    try {
      return readSome(windowSize)
    } catch (error) {
      // A bad sector behind what is wanted is somebody else's trouble.
      if (codeOf(error) !== "EIO") throw fault("read", absolute(file), codeOf(error), String(error))
      return system("read", absolute(file), () => readSome(wanted))
    }
  }

  const toRead = (file: number): number | undefined => {
    const isOpen = descriptors.opened(file) !== undefined
    const fd = descriptors.toRead(file)
    if (fd === undefined || isOpen || stamps.isKnown(file)) return fd
    // From before the first look at it.
    const path = absolute(file)
    const stat = system("open", path, () => fs.fstatSync(fd))
    if (stat.isFile()) stamps.stamp(file, stat)
    else if (!stat.isDirectory()) throw fault("open", path, "ENOTFILE", "a pipe or a device")
    return fd
  }

  const make = (file: number): void => {
    release(file)
    const fd = descriptors.create(file)
    places.mark(file, "made", true)
    if (places.is(file, "part") && lengths[file]! > 0) {
      system("resize", absolute(file), () => fs.ftruncateSync(fd, lengths[file]))
    }
    stamps.begin(file)
  }

  const enter = (file: number): "made" | "same" | "changed" => {
    if (!places.is(file, "made")) {
      make(file)
      return "made"
    }
    const fd = descriptors.toWrite(file)
    const path = absolute(file)
    const stat = system("write", path, () => fs.fstatSync(fd))
    if (stamps.isAsLeft(file, stat)) return "same"
    const known = stamps.isKnown(file)
    stamps.forget(file)
    // What is written to a file that was deleted or moved away would be lost with it.
    const there = system("write", path, () => fs.statSync(path))
    if (there.ino !== stat.ino) throw fault("write", path, "ECHANGED", "there is another file in its place")
    // One that is written at once has no length before.
    if (there.size !== lengths[file] && places.is(file, "part")) {
      throw fault("write", path, "ECHANGED", `it has ${there.size} bytes now`)
    }
    return known ? "changed" : "same"
  }

  const forget = (): void => {
    if (window.of === layout) window.of = undefined
  }

  const write = (file: number, start: number, bytes: Uint8Array): void => {
    forget()
    const path = absolute(file)
    const fd = descriptors.toWrite(file)
    for (let done = 0; done < bytes.length;) {
      const count = system("write", path, () => fs.writeSync(fd, bytes, done, bytes.length - done, start + done))
      if (count === 0) throw fault("write", path, "ESHORT", `only ${done} of ${bytes.length} bytes were written`)
      done += count
    }
  }

  const leave = (file: number): void => {
    const fd = descriptors.opened(file)
    if (fd === undefined || !stamps.isKnown(file)) return
    try {
      if (places.is(file, "part")) backdate(fd)
      stamps.stamp(file, fs.fstatSync(fd))
    } catch {
      stamps.forget(file)
    }
  }

  /**
   * Many systems give a write the time of the last tick, up to 10 ms ago, or of the second: one that follows ours at once would leave no trace. No write gives a file a time from before our last one.
   */
  const backdate = (fd: number): void => {
    const { atimeMs, mtimeMs } = fs.fstatSync(fd)
    try {
      fs.futimesSync(fd, atimeMs / 1000, (mtimeMs - 1) / 1000)
    } catch {
      // The file is not ours, or the disk has no times that can be set.
    }
  }

  const inspect = (file: number): boolean => {
    const path = absolute(file)
    const stat = system("read", path, () => fs.statSync(path))
    if (stat.isFile() && stat.size === lengths[file] && stamps.isAsLeft(file, stat)) return true
    release(file)
    stamps.own(file, stat)
    return false
  }

  const release = (file: number): void => {
    if (window.file === file) forget()
    descriptors.release(file)
  }

  return { read, make, enter, write, leave, inspect, release }
}

/**
 * A torrent's files, opened, and read and written at places.
 *
 * Runs in the main thread or in a worker; it reaches a worker as text (see `WorkerDisk`), so it refers to nothing outside itself but types.
 *
 * Invariants: nothing outside the folder is opened, not even through a link inside it; what is opened for writing is a file that we made or took over, never a
 * link; at most `maxOpen` files are open; a write has written everything or failed; a file's stamp is known only while nobody else has changed the file
 * since we looked at it or made it. What fails throws a `Fault`.
 */
import type * as Fs from "node:fs"
import type { Fault, Layout } from "./Disk.ts"
import type { FilePlaces } from "./filePlaces.ts"
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
  /** The same by a thread of Node's pool, with nothing else asked for meanwhile. */
  readonly writeElsewhere: (file: number, start: number, bytes: Uint8Array) => Promise<void>
  /** After writing, whatever came of it: notes how we leave the file, if that can be known. Never fails. */
  readonly leave: (file: number) => void
  /** Whether what is at the file's place now is the file as we left it. Reading goes on with what is there. Fails when nothing is. */
  readonly inspect: (file: number) => boolean
  /** Closes the file: it is about to be somewhere else, or another one. */
  readonly release: (file: number) => void
  /** Opens what is there for writing; no link, and nothing but a file. */
  readonly openForWriting: (operation: Fault["operation"], path: string) => number
  /** Takes an open file for this one. */
  readonly keepOpen: (file: number, fd: number) => void
  /** Whether it is as we left it, or saw it first. */
  readonly isAsLeft: (file: number, stat: Fs.Stats) => boolean
  /** The file is as it is now because we left it so. */
  readonly stamp: (file: number, stat: Fs.Stats) => void
  readonly close: () => void
}

export const openFiles = (fs: typeof Fs, layout: Layout, places: FilePlaces, inside: InsideFolder): OpenFiles => {
  /** Far below the usual limit of 1024 a process, which the sockets share; some systems begin with 256. */
  const maxOpen = 128
  /** Reads are this large, so that small pieces cost no system call each. */
  const windowSize = 1 << 20

  const { lengths } = layout
  const { absolute } = places
  const { codeOf, fault, foreign, hasFolders, isThere, refuseOutside, system } = inside
  const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants
  /** The one used last at the end. */
  const open = new Map<number, { readonly fd: number; readonly writable: boolean }>()
  /** Of each file its mtime and ctime, in milliseconds, and its inode, as we left it; 0 where that is not known. Shared by the threads. */
  const stamps = new Float64Array(layout.stamps)
  const stampSize = 3
  const window = { bytes: new Uint8Array(0), file: -1, start: 0, end: 0 }

  const read = (file: number, start: number, wanted: number): Uint8Array => {
    if (window.file !== file || start < window.start || start >= window.end) {
      if (window.bytes.length === 0) window.bytes = new Uint8Array(windowSize)
      const fd = openToRead(file)
      const size = fd === undefined ? 0 : readWindow(file, fd, start, wanted)
      Object.assign(window, { file, start, end: start + size })
    }
    return window.bytes.subarray(start - window.start, window.end - window.start)
  }

  const readWindow = (file: number, fd: number, start: number, wanted: number): number => {
    window.file = -1
    const readSome = (size: number) => fs.readSync(fd, window.bytes, 0, Math.min(size, windowSize), start)
    try {
      return readSome(windowSize)
    } catch (error) {
      // A bad sector behind what is wanted is somebody else's trouble.
      if (codeOf(error) !== "EIO") throw fault("read", absolute(file), codeOf(error), String(error))
      return system("read", absolute(file), () => readSome(wanted))
    }
  }

  const make = (file: number): void => {
    release(file)
    const fd = creating(file)
    remember(file, fd, true)
    places.mark(file, "made", true)
    if (places.is(file, "part") && lengths[file]! > 0) {
      system("resize", absolute(file), () => fs.ftruncateSync(fd, lengths[file]))
    }
    // It holds nothing that we do not know. Its stamp is made when we leave it.
    stamps.fill(1, file * stampSize, file * stampSize + 2)
  }

  /** Under its safe name where the disk refuses its own. */
  const creating = (file: number): number => {
    try {
      hasFolders(file, true)
      return openPath("create", absolute(file), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK)!
    } catch (error) {
      if (codeOf(error) === "EEXIST") throw foreign(absolute(file))
      if (codeOf(error) !== "EINVAL" || !places.hasSafePath(file)) throw error
      places.mark(file, "safe", true)
      return creating(file)
    }
  }

  const enter = (file: number): "made" | "same" | "changed" => {
    if (!places.is(file, "made")) {
      make(file)
      return "made"
    }
    const fd = openToWrite(file)
    const path = absolute(file)
    const stat = system("write", path, () => fs.fstatSync(fd))
    if (isAsLeft(file, stat)) return "same"
    const known = isKnown(file)
    forget(file)
    // What is written to a file that was deleted or moved away would be lost with it.
    const there = system("write", path, () => fs.statSync(path))
    if (there.ino !== stat.ino) throw fault("write", path, "ECHANGED", "there is another file in its place")
    // One that is written at once has no length before.
    if (there.size !== lengths[file] && places.is(file, "part")) {
      throw fault("write", path, "ECHANGED", `it has ${there.size} bytes now`)
    }
    return known ? "changed" : "same"
  }

  const write = (file: number, start: number, bytes: Uint8Array): void => {
    window.file = -1
    const path = absolute(file)
    const fd = openToWrite(file)
    for (let done = 0; done < bytes.length;) {
      const count = system("write", path, () => fs.writeSync(fd, bytes, done, bytes.length - done, start + done))
      if (count === 0) throw short(path, done, bytes)
      done += count
    }
  }

  const writeElsewhere = async (file: number, start: number, bytes: Uint8Array): Promise<void> => {
    window.file = -1
    const path = absolute(file)
    const fd = openToWrite(file)
    for (let done = 0; done < bytes.length;) {
      const count = await new Promise<number>((resolve, reject) => {
        fs.write(fd, bytes, done, bytes.length - done, start + done, (error, count) =>
          error === null ? resolve(count) : reject(fault("write", path, codeOf(error), String(error))),
        )
      })
      if (count === 0) throw short(path, done, bytes)
      done += count
    }
  }

  const short = (path: string, done: number, { length }: Uint8Array): Error & Fault =>
    fault("write", path, "ESHORT", `only ${done} of ${length} bytes were written`)

  const leave = (file: number): void => {
    const known = open.get(file)
    if (known === undefined || !isKnown(file)) return
    try {
      stamp(file, fs.fstatSync(known.fd))
    } catch {
      forget(file)
    }
  }

  const inspect = (file: number): boolean => {
    const path = absolute(file)
    const stat = system("read", path, () => fs.statSync(path))
    if (stat.isFile() && stat.size === lengths[file] && isAsLeft(file, stat)) return true
    release(file)
    return false
  }

  const isKnown = (file: number): boolean => stamps[file * stampSize] !== 0

  const isAsLeft = (file: number, stat: Fs.Stats): boolean =>
    stat.mtimeMs === stamps[file * stampSize] && stat.ctimeMs === stamps[file * stampSize + 1]

  const stamp = (file: number, stat: Fs.Stats): void =>
    stamps.set([stat.mtimeMs, stat.ctimeMs, stat.ino], file * stampSize)

  const forget = (file: number): unknown => stamps.fill(0, file * stampSize, file * stampSize + 2)

  /** The file's descriptor, if it has one that will do. */
  const opened = (file: number, writable: boolean): number | undefined => {
    const known = open.get(file)
    if (known === undefined) return undefined
    open.delete(file)
    if (known.writable || !writable) {
      open.set(file, known)
      return known.fd
    }
    fs.closeSync(known.fd)
    return undefined
  }

  const remember = (file: number, fd: number, writable: boolean): void => {
    open.set(file, { fd, writable })
    if (open.size > maxOpen) closeOldest()
  }

  const openToWrite = (file: number): number => {
    const known = opened(file, true)
    if (known !== undefined) return known
    hasFolders(file, false)
    const fd = openForWriting("open", absolute(file))
    remember(file, fd, true)
    return fd
  }

  const openForWriting = (operation: Fault["operation"], path: string): number => {
    refuseLinkFirst(path)
    // O_NONBLOCK: a pipe in the place of a file must not stop us.
    const fd = openPath(operation, path, O_RDWR | O_NOFOLLOW | O_NONBLOCK)
    if (fd === undefined) throw fault(operation, path, "ENOENT", "it does not exist (any more)")
    const stat = system(operation, path, () => fs.fstatSync(fd))
    if (stat.isFile()) return fd
    fs.closeSync(fd)
    throw fault(operation, path, "ENOTFILE", "a pipe or a device")
  }

  /** Where links can't be refused while opening (Windows), one has to look first. */
  const refuseLinkFirst = (path: string): void => {
    if (O_NOFOLLOW === 0 && fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) throw foreign(path)
  }

  const keepOpen = (file: number, fd: number): void => remember(file, fd, true)

  /** `undefined` for a file that is not there. */
  const openToRead = (file: number): number | undefined => {
    const known = opened(file, false)
    if (known !== undefined) return known
    if (!hasFolders(file, false)) return undefined
    const path = absolute(file)
    if (O_NOFOLLOW === 0 && fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) refuseOutside(path)
    const fd = openPath("open", path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    if (fd === undefined) return undefined
    remember(file, fd, false)
    if (!isKnown(file)) {
      // From before the first look at it.
      const stat = system("open", path, () => fs.fstatSync(fd))
      if (stat.isFile()) stamp(file, stat)
      else if (!stat.isDirectory()) throw fault("open", path, "ENOTFILE", "a pipe or a device")
    }
    return fd
  }

  const openPath = (operation: Fault["operation"], path: string, flags: number): number | undefined => {
    try {
      return fs.openSync(path, flags)
    } catch (error) {
      const code = codeOf(error)
      if (code === "ENOENT" && operation !== "create") return undefined
      if ((code === "ELOOP" || code === "EMLINK") && (flags & O_NOFOLLOW) !== 0) {
        // A link may be read through, inside the folder, and is never written through.
        if ((flags & O_RDWR) !== 0) throw foreign(path)
        refuseOutside(path)
        return openPath(operation, path, flags & ~O_NOFOLLOW)
      }
      if ((code === "EMFILE" || code === "ENFILE") && open.size > 0) {
        close()
        return openPath(operation, path, flags)
      }
      throw fault(operation === "create" && isThere(path) ? "open" : operation, path, code, String(error))
    }
  }

  const release = (file: number): void => {
    if (window.file === file) window.file = -1
    const known = open.get(file)
    open.delete(file)
    // A network disk may tell only now that a write has failed.
    if (known !== undefined) system("write", absolute(file), () => fs.closeSync(known.fd))
  }

  const closeOldest = (): void => {
    for (const file of open.keys()) return release(file)
  }

  const close = (): void => {
    while (open.size > 0) closeOldest()
  }

  return {
    read,
    make,
    enter,
    write,
    writeElsewhere,
    leave,
    inspect,
    release,
    openForWriting,
    keepOpen,
    isAsLeft,
    stamp,
    close,
  }
}

/**
 * A torrent's files, found, opened and read and written at places.
 *
 * Runs in the main thread or in a worker; it reaches a worker as text (see `WorkerDisk`), so it refers to nothing outside itself but types.
 *
 * Invariants: nothing outside the folder is opened, not even through a link inside it; at most `maxOpen` files are open; a write has written everything
 * or failed; a file's stamp is known only while nobody else has changed the file since we looked at it or made it. What fails throws a `Fault`.
 */
import type * as Fs from "node:fs"
import type { Fault, Layout } from "./Disk.ts"
import type { InsideFolder } from "./insideFolder.ts"

export interface OpenFiles {
  /** Creates the file and its folders where they are missing, and gives it its length; so does the first `enter`. */
  readonly prepare: (file: number) => void
  /** Some bytes from `start` on, borrowed until the next call; none where the file has ended or does not exist. */
  readonly read: (file: number, start: number) => Uint8Array
  /** Before writing; `false` when somebody else has changed the file since we left it, which is told once. Fails when it is gone, or cut short. */
  readonly enter: (file: number) => boolean
  /** Writes all of it; a file in its length, entered before. */
  readonly write: (file: number, start: number, bytes: Uint8Array) => void
  /** The same by a thread of Node's pool, with nothing else asked for meanwhile. */
  readonly writeElsewhere: (file: number, start: number, bytes: Uint8Array) => Promise<void>
  /** After writing, whatever came of it: notes how we leave the file, if that can be known. Never fails. */
  readonly leave: (file: number) => void
  /** Whether what is at the file's place now is the file as we left it. Reading goes on with what is there. Fails when nothing is. */
  readonly inspect: (file: number) => boolean
  readonly close: () => void
}

export const openFiles = (fs: typeof Fs, layout: Layout, inside: InsideFolder): OpenFiles => {
  /** Far below the usual limit of 1024 a process, which the sockets share; some systems begin with 256. */
  const maxOpen = 128
  /** Reads are this large, so that small pieces cost no system call each. */
  const windowSize = 1 << 20

  const { lengths } = layout
  const { absolute, codeOf, fault, hasFolders, refuseOutside, system } = inside
  const { O_CREAT, O_RDONLY, O_RDWR, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants
  /** The one used last at the end. */
  const open = new Map<number, { readonly fd: number; readonly writable: boolean }>()
  /** 1 for each file that is known to exist in its length. */
  const sized = new Uint8Array(lengths.length)
  /** Of each file its mtime and ctime, in milliseconds, as we left it; 0 where that is not known. Shared by the threads. */
  const stamps = new Float64Array(layout.stamps)
  /** The file that was made or sized by the last call. */
  let made = -1
  const window = { bytes: new Uint8Array(0), file: -1, start: 0, end: 0 }

  const prepare = (file: number): void => {
    made = -1
    const fd = openFile(file, "write")!
    if (made === file) stamp(file, fs.fstatSync(fd))
  }

  const read = (file: number, start: number): Uint8Array => {
    if (window.file !== file || start < window.start || start >= window.end) {
      if (window.bytes.length === 0) window.bytes = new Uint8Array(windowSize)
      const fd = openFile(file, "read")
      const size =
        fd === undefined ? 0 : system("read", absolute(file), () => fs.readSync(fd, window.bytes, 0, windowSize, start))
      Object.assign(window, { file, start, end: start + size })
    }
    return window.bytes.subarray(start - window.start, window.end - window.start)
  }

  const enter = (file: number): boolean => {
    made = -1
    const fd = openFile(file, "write")!
    if (made === file) return true
    const path = absolute(file)
    const stat = system("write", path, () => fs.fstatSync(fd))
    if (isStamped(file, stat)) return true
    const known = isKnown(file)
    forget(file)
    // What is written to a file that was deleted or moved away would be lost with it.
    const there = system("write", path, () => fs.statSync(path))
    if (there.ino !== stat.ino) throw fault("write", path, "ECHANGED", "there is another file in its place")
    if (there.size !== lengths[file]) throw fault("write", path, "ECHANGED", `it has ${there.size} bytes now`)
    return !known
  }

  const write = (file: number, start: number, bytes: Uint8Array): void => {
    window.file = -1
    const path = absolute(file)
    const fd = openFile(file, "write")!
    for (let done = 0; done < bytes.length;) {
      const count = system("write", path, () => fs.writeSync(fd, bytes, done, bytes.length - done, start + done))
      if (count === 0) throw short(path, done, bytes)
      done += count
    }
  }

  const writeElsewhere = async (file: number, start: number, bytes: Uint8Array): Promise<void> => {
    window.file = -1
    const path = absolute(file)
    const fd = openFile(file, "write")!
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
    if (stat.isFile() && stat.size === lengths[file] && isStamped(file, stat)) return true
    window.file = -1
    const known = open.get(file)
    if (known !== undefined) fs.closeSync(known.fd)
    open.delete(file)
    return false
  }

  const isKnown = (file: number): boolean => stamps[file * 2] !== 0

  const isStamped = (file: number, stat: Fs.Stats): boolean =>
    stat.mtimeMs === stamps[file * 2] && stat.ctimeMs === stamps[file * 2 + 1]

  const stamp = (file: number, stat: Fs.Stats): void => stamps.set([stat.mtimeMs, stat.ctimeMs], file * 2)

  const forget = (file: number): unknown => stamps.fill(0, file * 2, file * 2 + 2)

  /** `undefined` for a file to be read that is not there. */
  const openFile = (file: number, use: "read" | "write"): number | undefined => {
    const known = open.get(file)
    if (known !== undefined) {
      open.delete(file)
      if (known.writable || use === "read") {
        open.set(file, known)
        return known.fd
      }
      fs.closeSync(known.fd)
    }
    const path = absolute(file)
    const creating = use === "write" && sized[file] === 0
    if (!hasFolders(file, creating) && use === "read") return undefined
    const operation = creating ? "create" : "open"
    // Where links can't be refused while opening (Windows), one has to look first.
    if (O_NOFOLLOW === 0 && fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) refuseOutside(path)
    const access = use === "read" ? O_RDONLY : creating ? O_RDWR | O_CREAT : O_RDWR
    // O_NONBLOCK: a pipe in the place of a file must not stop us.
    const fd = openPath(operation, path, access | O_NOFOLLOW | O_NONBLOCK)
    if (fd === undefined) {
      if (use === "read") return undefined
      throw fault(operation, path, "ENOENT", "it does not exist (any more)")
    }
    open.set(file, { fd, writable: use === "write" })
    if (open.size > maxOpen) closeOldest()
    if (creating) size(file, path, fd)
    else if (use === "read" && !isKnown(file)) {
      // From before the first look at it.
      const stat = system("open", path, () => fs.fstatSync(fd))
      if (stat.isFile()) stamp(file, stat)
      else if (!stat.isDirectory()) throw fault("open", path, "ENOTFILE", "a pipe or a device")
    }
    return fd
  }

  const size = (file: number, path: string, fd: number): void => {
    const stat = system("open", path, () => fs.fstatSync(fd))
    if (!stat.isFile()) throw fault("open", path, "ENOTFILE", "a pipe or a device")
    if (stat.size !== lengths[file]) {
      if (isKnown(file) && !isStamped(file, stat)) {
        throw fault("resize", path, "ECHANGED", `it has ${stat.size} bytes now`)
      }
      system("resize", path, () => fs.ftruncateSync(fd, lengths[file]))
      // An empty file holds nothing that we do not know. Its stamp is made when we leave it.
      if (stat.size === 0 || isKnown(file)) {
        made = file
        stamps.fill(1, file * 2, file * 2 + 2)
      }
    }
    sized[file] = 1
  }

  const openPath = (operation: Fault["operation"], path: string, flags: number): number | undefined => {
    try {
      return fs.openSync(path, flags)
    } catch (error) {
      const code = codeOf(error)
      if (code === "ENOENT") return undefined
      if ((code === "ELOOP" || code === "EMLINK") && (flags & O_NOFOLLOW) !== 0) {
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

  const isThere = (path: string): boolean => {
    try {
      return fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined
    } catch {
      return false
    }
  }

  const closeOldest = (): void => {
    for (const [file, { fd }] of open) {
      open.delete(file)
      // A network disk may tell only now that a write has failed.
      system("write", absolute(file), () => fs.closeSync(fd))
      return
    }
  }

  const close = (): void => {
    while (open.size > 0) closeOldest()
  }

  return { prepare, read, enter, write, writeElsewhere, leave, inspect, close }
}

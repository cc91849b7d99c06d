/**
 * A torrent's files, found, opened and read and written at places, all synchronous.
 *
 * Runs in the main thread or in a worker; it reaches a worker as text (see `WorkerDisk`), so it refers to nothing outside itself but types.
 *
 * Invariants: nothing outside the folder is opened, not even through a link inside it; at most `maxOpen` files are open; a write has written everything
 * or failed. What fails throws a `Fault`.
 */
import type * as Fs from "node:fs"
import type { Fault, Layout } from "./Disk.ts"

export interface OpenFiles {
  /** Creates the file and its folders where they are missing, and gives it its length; so does the first `write`. */
  readonly prepare: (file: number) => void
  /** Some bytes from `start` on, borrowed until the next call; none where the file has ended or does not exist. */
  readonly read: (file: number, start: number) => Uint8Array
  readonly write: (file: number, start: number, bytes: Uint8Array) => void
  readonly close: () => void
}

export const openFiles = (fs: typeof Fs, layout: Layout): OpenFiles => {
  /** Far below the usual limit of 1024 a process, which the sockets share; some systems begin with 256. */
  const maxOpen = 128
  /** Reads are this large, so that small pieces cost no system call each. */
  const windowSize = 1 << 20

  const { folder, separator, lengths } = layout
  const paths = layout.paths.split("\0")
  const { O_CREAT, O_RDONLY, O_RDWR, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants
  /** The one used last at the end. */
  const open = new Map<number, { readonly fd: number; readonly writable: boolean }>()
  const knownFolders = new Set<string>()
  /** 1 for each file that is known to exist in its length. */
  const sized = new Uint8Array(lengths.length)
  const window = { bytes: new Uint8Array(0), file: -1, start: 0, end: 0 }

  const prepare = (file: number): void => void openFile(file, "write")

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

  const write = (file: number, start: number, bytes: Uint8Array): void => {
    window.file = -1
    const path = absolute(file)
    const fd = openFile(file, "write")!
    for (let done = 0; done < bytes.length;) {
      const count = system("write", path, () => fs.writeSync(fd, bytes, done, bytes.length - done, start + done))
      if (count === 0) throw fault("write", path, "ESHORT", `only ${done} of ${bytes.length} bytes were written`)
      done += count
    }
  }

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
    if (!hasFolder(paths[file]!, creating) && use === "read") return undefined
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
    return fd
  }

  const size = (file: number, path: string, fd: number): void => {
    const stat = system("open", path, () => fs.fstatSync(fd))
    if (!stat.isFile()) throw fault("open", path, "EINVAL", "not a regular file")
    if (stat.size !== lengths[file]) system("resize", path, () => fs.ftruncateSync(fd, lengths[file]))
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
      throw fault(operation, path, code, String(error))
    }
  }

  /** Whether the folders that a path runs through are there, and inside ours; `create` makes it so. */
  const hasFolder = (path: string, create: boolean): boolean => {
    const last = Math.max(0, path.lastIndexOf(separator))
    if (knownFolders.has(path.slice(0, last))) return true
    for (let end = 0; ; end = path.indexOf(separator, end + 1)) {
      const part = path.slice(0, end)
      if (!knownFolders.has(part)) {
        if (!isFolder(end === 0 ? folder : folder + separator + part, end === 0, create)) return false
        knownFolders.add(part)
      }
      if (end >= last) return true
    }
  }

  const isFolder = (path: string, outermost: boolean, create: boolean): boolean => {
    const stat = system("open", path, () => fs.lstatSync(path, { throwIfNoEntry: false }))
    if (stat === undefined) {
      if (create) system("create", path, () => fs.mkdirSync(path, { recursive: outermost }))
      return create
    }
    if (stat.isSymbolicLink()) {
      if (!outermost) refuseOutside(path)
      if (system("open", path, () => fs.statSync(path)).isDirectory()) return true
    } else if (stat.isDirectory()) return true
    throw fault("open", path, "ENOTDIR", "not a folder")
  }

  /** A link may stand for a file or a folder only if it leads to something inside our folder. */
  const refuseOutside = (path: string): void => {
    let target: string | undefined
    try {
      target = fs.realpathSync(path)
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw fault("open", path, codeOf(error), String(error))
    }
    if (target?.startsWith(fs.realpathSync(folder) + separator)) return
    throw fault("open", path, "EOUTSIDE", `a link to ${target ?? "what does not exist"}`)
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

  const absolute = (file: number): string => folder + separator + paths[file]!

  const system = <A>(operation: Fault["operation"], path: string, call: () => A): A => {
    try {
      return call()
    } catch (error) {
      throw fault(operation, path, codeOf(error), String(error))
    }
  }

  const codeOf = (error: unknown): string =>
    typeof error === "object" && error !== null && "code" in error ? String(error.code) : ""

  const fault = (operation: Fault["operation"], path: string, code: string, message: string): Error & Fault =>
    Object.assign(new Error(message), { operation, path, code })

  return { prepare, read, write, close }
}

/**
 * A torrent's files as descriptors: opened when they are needed, closed when there are too many.
 *
 * Like `openFiles` it reaches a worker as text, so it refers to nothing outside itself but types. Invariants: nothing outside the folder is opened, not even
 * through a link inside it; what is opened for writing is a file that we create now, or made or took over before, never a link; at most `maxOpen` are
 * open. What fails throws a `Fault`.
 */
import type * as Fs from "node:fs"
import type { Fault } from "./Disk.ts"
import type { FilePlaces } from "./filePlaces.ts"
import type { InsideFolder } from "./insideFolder.ts"

export interface FileDescriptors {
  /** `undefined` for a file that is not there. */
  readonly toRead: (file: number) => number | undefined
  /** The same by a descriptor of its own, which is the caller's to close; `path` is one of the file's names. */
  readonly openToRead: (file: number, path: string) => number | undefined
  readonly toWrite: (file: number) => number
  /** Creates the file, where nothing is, with its folders. */
  readonly create: (file: number) => number
  /** The one that is open, if any is. */
  readonly opened: (file: number) => number | undefined
  /** Opens what is there for writing; no link, and nothing but a file. It is the caller's to close. */
  readonly open: (path: string) => number
  /** Takes an open descriptor for this file. */
  readonly keep: (file: number, fd: number) => void
  readonly release: (file: number) => void
  /** Whether any is open for writing. */
  readonly isWriting: () => boolean
  readonly close: () => void
}

/** `pause` waits a moment, in a thread that may: where others have all descriptors, sockets for the most part, they come and go. */
export const fileDescriptors = (
  fs: typeof Fs,
  places: FilePlaces,
  inside: InsideFolder,
  pause?: () => void,
): FileDescriptors => {
  /** So often in all is waited for a descriptor. */
  let patience = 100
  /** Far below the usual limit of 1024 a process, which the sockets share; some systems begin with 256. */
  const maxOpen = 128

  const { absolute } = places
  const { codeOf, fault, foreign, hasFolders, isThere, refuseOutside, system } = inside
  const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants
  /** The one used last at the end. */
  const all = new Map<number, { readonly fd: number; readonly writable: boolean }>()

  const toRead = (file: number): number | undefined => {
    const known = use(file, false)
    if (known !== undefined) return known
    const fd = openToRead(file, absolute(file))
    if (fd !== undefined) remember(file, fd, false)
    return fd
  }

  const openToRead = (file: number, path: string): number | undefined => {
    if (!hasFolders(file, false)) return undefined
    if (isLinkUnrefused(path)) refuseOutside(path)
    return openPath("open", path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  }

  const toWrite = (file: number): number => {
    const known = use(file, true)
    if (known !== undefined) return known
    hasFolders(file, false)
    const fd = open(absolute(file))
    remember(file, fd, true)
    return fd
  }

  const create = (file: number): number => {
    release(file)
    const fd = creating(file)
    remember(file, fd, true)
    return fd
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

  const open = (path: string): number => {
    if (isLinkUnrefused(path)) throw foreign(path)
    const fd = openPath("open", path, O_RDWR | O_NOFOLLOW | O_NONBLOCK)
    if (fd === undefined) throw fault("open", path, "ENOENT", "it does not exist (any more)")
    const stat = system("open", path, () => fs.fstatSync(fd))
    if (stat.isFile()) return fd
    fs.closeSync(fd)
    throw fault("open", path, "ENOTFILE", "a pipe or a device")
  }

  /** Where links can't be refused while opening (Windows), one has to look first. */
  const isLinkUnrefused = (path: string): boolean =>
    O_NOFOLLOW === 0 && fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true

  /** O_NONBLOCK among the flags: a pipe in the place of a file must not stop us. */
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
      if ((code === "EMFILE" || code === "ENFILE") && all.size > 0) {
        close()
        return openPath(operation, path, flags)
      }
      if ((code === "EMFILE" || code === "ENFILE") && pause !== undefined && patience-- > 0) {
        pause()
        return openPath(operation, path, flags)
      }
      throw fault(operation === "create" && isThere(path) ? "open" : operation, path, code, String(error))
    }
  }

  /** The file's descriptor, if it has one that will do. */
  const use = (file: number, writable: boolean): number | undefined => {
    const known = all.get(file)
    if (known === undefined) return undefined
    all.delete(file)
    if (known.writable || !writable) {
      all.set(file, known)
      return known.fd
    }
    fs.closeSync(known.fd)
    return undefined
  }

  const remember = (file: number, fd: number, writable: boolean): void => {
    all.set(file, { fd, writable })
    if (all.size > maxOpen) closeOldest()
  }

  const release = (file: number): void => {
    const known = all.get(file)
    all.delete(file)
    // A network disk may tell only now that a write has failed.
    if (known !== undefined) system("write", absolute(file), () => fs.closeSync(known.fd))
  }

  const closeOldest = (): void => {
    for (const file of all.keys()) return release(file)
  }

  const close = (): void => {
    while (all.size > 0) closeOldest()
  }

  return {
    toRead,
    openToRead,
    toWrite,
    create,
    opened: (file) => all.get(file)?.fd,
    open,
    keep: (file, fd) => remember(file, fd, true),
    release,
    isWriting: () => [...all.values()].some(({ writable }) => writable),
    close,
  }
}

/**
 * A torrent's paths on the disk, the folders that lead to them, and system calls whose refusal names the path.
 *
 * Like `openFiles` it reaches a worker as text, so it refers to nothing outside itself but types. Invariant: no folder is entered, and no link
 * followed, that leads out of the download folder. What fails throws a `Fault`.
 */
import type * as Fs from "node:fs"
import type { Fault, Layout } from "./Disk.ts"
import type { FilePlaces } from "./filePlaces.ts"

export interface InsideFolder {
  /** Whether the folders that lead to a file are there, and inside ours; `create` makes it so. */
  readonly hasFolders: (file: number, create: boolean) => boolean
  /** A link may stand for a file or a folder only if it leads to something inside our folder. */
  readonly refuseOutside: (path: string) => void
  readonly system: <A>(operation: Fault["operation"], path: string, call: () => A) => A
  readonly codeOf: (error: unknown) => string
  readonly fault: (operation: Fault["operation"], path: string, code: string, message: string) => Error & Fault
  /** What is where we would make a file. */
  readonly foreign: (path: string) => Error & Fault
  /** A name in the same folder, from which it can be renamed to this one; it is no torrent's. */
  readonly besides: (path: string) => string
  /** Whether anything is there. */
  readonly isThere: (path: string) => boolean
}

export const insideFolder = (fs: typeof Fs, layout: Layout, places: FilePlaces): InsideFolder => {
  const { folder, separator } = layout
  /** When each was looked at last, in milliseconds. So long it is believed to be there still, for the sake of many small files in it. */
  const known = new Map<string, number>()
  const believed = 10

  const hasFolders = (file: number, create: boolean): boolean => {
    const path = places.relative(file)
    const last = Math.max(0, path.lastIndexOf(separator))
    const now = Date.now()
    const isFresh = (part: string): boolean => Math.abs(now - (known.get(part) ?? 0)) < believed
    if (isFresh(path.slice(0, last))) return true
    for (let end = 0; ; end = path.indexOf(separator, end + 1)) {
      const part = path.slice(0, end)
      if (!isFresh(part)) {
        // One that was there and is gone is not made again: what was in it is gone too.
        const make = create && !known.has(part)
        if (!isFolder(end === 0 ? folder : folder + separator + part, end === 0, make)) return known.has(part)
        known.set(part, now)
      }
      if (end >= last) return true
    }
  }

  const isFolder = (path: string, outermost: boolean, create: boolean): boolean => {
    const stat = system("open", path, () => fs.lstatSync(path, { throwIfNoEntry: false }))
    if (stat === undefined) {
      if (!create) return false
      if (outermost) makeAbove(path)
      // Somebody else may have been quicker: then it is looked at like any other.
      return make(path) || isFolder(path, outermost, false)
    }
    if (stat.isSymbolicLink()) {
      if (!outermost) refuseOutside(path)
      if (system("open", path, () => fs.statSync(path)).isDirectory()) return true
    } else if (stat.isDirectory()) return true
    throw fault("open", path, "ENOTDIR", "not a folder")
  }

  /** Level by level: Node's own way (`recursive`) tries for ever where a folder can't be made and the system says ENOENT, as in /proc. */
  const makeAbove = (path: string): void => {
    const above = path.slice(0, Math.max(0, path.lastIndexOf(separator)))
    if (above === "" || system("open", above, () => fs.statSync(above, { throwIfNoEntry: false })) !== undefined) return
    makeAbove(above)
    make(above)
  }

  /** `false` when something is there by now. */
  const make = (path: string): boolean => {
    try {
      fs.mkdirSync(path)
      return true
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false
      throw fault("create", path, codeOf(error), String(error))
    }
  }

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

  const foreign = (path: string): Error & Fault => {
    const stat = look(path)
    if (stat?.isDirectory() === true) return fault("open", path, "EISDIR", "a folder")
    if (stat?.isFile() === true) return Object.assign(fault("create", path, "EFOREIGN", "a file"), { size: stat.size })
    return stat?.isSymbolicLink() === false
      ? fault("open", path, "ENOTFILE", "a pipe or a device")
      : fault("create", path, "EFOREIGN", "a link")
  }

  const besides = (path: string): string =>
    `${path.slice(0, path.lastIndexOf(separator) + 1)}${layout.record.slice(layout.record.lastIndexOf(separator) + 1)}.copy`

  const isThere = (path: string): boolean => look(path) !== undefined

  const look = (path: string): Fs.Stats | undefined => {
    try {
      return fs.lstatSync(path, { throwIfNoEntry: false })
    } catch {
      return undefined
    }
  }

  return { hasFolders, refuseOutside, system, codeOf, fault, foreign, besides, isThere }
}

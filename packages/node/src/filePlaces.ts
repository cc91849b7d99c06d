/**
 * Where each file of a torrent is: under its own name or under the one for what is not complete, and whether we may write there.
 *
 * Runs in the main thread and in the disk's, which share what it knows; it reaches a worker as text (see `WorkerDisk`), so it refers to nothing outside itself
 * but types. It never looks at the disk.
 */
import type { Layout } from "./Disk.ts"

export type Mark =
  /** It has its unfinished name. */
  | "part"
  /** The disk refuses its path: it has the safe one. */
  | "safe"
  /** It is there, in its length, and may be whole: its bytes are compared with what would be written, and stay when they are the same. */
  | "kept"
  /** It is this torrent's: if it has to be written to after all, it is taken over. */
  | "ours"
  /** What has its name may be replaced when it is complete. */
  | "replacing"
  /** We have made it, or taken it over: from here on it may be opened for writing. */
  | "made"
  /** It is not chosen, and not there: what there is of it lies in the border's file. */
  | "aside"

export interface FilePlaces {
  /** Below the download folder, as it is now. */
  readonly relative: (file: number) => string
  /** The same from the root of the disk. */
  readonly absolute: (file: number) => string
  readonly finalPath: (file: number) => string
  readonly partPath: (file: number) => string
  readonly is: (file: number, mark: Mark) => boolean
  readonly mark: (file: number, mark: Mark, value: boolean) => void
  /** Whether there is another path for the file, should the disk refuse this one. */
  readonly hasSafePath: (file: number) => boolean
}

export const filePlaces = ({
  folder,
  partNames,
  paths,
  places,
  safePaths,
  separator,
}: Pick<Layout, "folder" | "partNames" | "paths" | "places" | "safePaths" | "separator">): FilePlaces => {
  const bits = { part: 1, safe: 2, kept: 4, replacing: 8, made: 16, ours: 32, aside: 64 }
  const marks = new Uint8Array(places)
  const names = paths.split("\0")

  const is = (file: number, mark: Mark): boolean => (marks[file]! & bits[mark]) !== 0

  const mark = (file: number, mark: Mark, value: boolean): void => {
    if (value) marks[file]! |= bits[mark]
    else marks[file]! &= ~bits[mark]
  }

  const own = (file: number): string => (is(file, "safe") ? safePaths.get(file)! : names[file]!)

  const unfinished = (file: number): string => {
    const path = own(file)
    const name = partNames.get(file)
    return name === undefined ? `${path}.part` : path.slice(0, path.lastIndexOf(separator) + 1) + name
  }

  const relative = (file: number): string => (is(file, "part") ? unfinished(file) : own(file))

  return {
    relative,
    absolute: (file) => folder + separator + relative(file),
    finalPath: (file) => folder + separator + own(file),
    partPath: (file) => folder + separator + unfinished(file),
    is,
    mark,
    hasSafePath: (file) => safePaths.has(file) && !is(file, "safe"),
  }
}

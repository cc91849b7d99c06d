/**
 * What people type to name files of a torrent: numbers, as `show --files` prints them, and globs.
 *
 * A glob without a slash is about a file's name, wherever it lies; one with a slash is about its path, with or without the torrent's own folder; one that ends with a slash is about all that is
 * in that folder. Who types a name just as it is means it, whatever a glob would make of it.
 */
import type { Metainfo } from "@unchoke/protocol"
import type picomatch from "picomatch"

export interface Pattern {
  readonly text: string
  /** Whether it names files by their numbers. */
  readonly isNumbers: boolean
  readonly means: (file: Metainfo.TorrentFile, index: number) => boolean
}

/** Compiles a glob; picomatch, which whoever has globs loads. */
export type Glob = typeof picomatch

/** So long a glob may be, in characters; nobody types so many. */
export const longestGlob = 4096

/** Windows' disks and macOS's take "A" and "a" for one name. */
const disksFoldCase = process.platform === "win32" || process.platform === "darwin"

/** "3", "3-5", "1,3-5", "7-". */
const numbers = /^\d{1,9}(?:-(?:\d{1,9})?)?(?:,\d{1,9}(?:-(?:\d{1,9})?)?)*$/

export const isNumbers = (text: string): boolean => numbers.test(text)

export const byNumbers = (text: string): Pattern => {
  const ranges = text.split(",").map((range) => {
    const [first = "", last = first] = range.split("-")
    return { first: Number(first), last: last === "" ? Infinity : Number(last) }
  })
  return {
    text,
    isNumbers: true,
    means: (_, index) => ranges.some(({ first, last }) => first <= index + 1 && index + 1 <= last),
  }
}

export const byName = (text: string, glob: Glob, foldsCase = disksFoldCase): Pattern => {
  const isFolder = text.endsWith("/")
  const path = text.replace(/^(?:\.?\/)+/, "")
  // A pattern is no path of Windows': there a backslash would be a slash.
  const matches = glob(isFolder ? `${path}**` : path, { dot: true, nocase: foldsCase, nonegate: true, windows: false })
  const folded = (name: string) => (foldsCase ? name.toLowerCase() : name)
  const isMeant = (name: string) => folded(name) === folded(path) || matches(name)
  return {
    text,
    isNumbers: false,
    means: ({ path: segments }) => {
      if (!text.includes("/")) return isMeant(segments.at(-1)!)
      return isMeant(segments.join("/")) || (segments.length > 1 && isMeant(segments.slice(1).join("/")))
    },
  }
}

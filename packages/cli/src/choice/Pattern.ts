/**
 * What people type to name files of a torrent: numbers, as `show --files` prints them, and globs.
 *
 * A glob without a slash is about a file's name, wherever it lies; one with a slash is about its path below the torrent's own folder, whose name may stand before it; one that ends with a slash is about all that is
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
  const folded = (name: string) => (foldsCase ? name.toLowerCase() : name)
  const matcher = (pattern: string): ((path: string) => boolean) => {
    const all = pattern === "" || pattern.endsWith("/") ? `${pattern}**/*` : pattern
    // A pattern is no path of Windows': there a backslash would be a slash.
    const matches = glob(all, { dot: true, nocase: foldsCase, nonegate: true, windows: false })
    return (path) => folded(path) === folded(pattern) || matches(path)
  }
  const path = text.replace(/^(?:\.?\/)+/, "")
  const isMeant = matcher(path)
  const slash = path.indexOf("/")
  const own = folded(path.slice(0, slash))
  const isMeantWithin = slash < 0 ? undefined : matcher(path.slice(slash + 1))
  return {
    text,
    isNumbers: false,
    means: ({ path: segments }) => {
      if (!text.includes("/")) return isMeant(segments.at(-1)!)
      if (segments.length === 1) return isMeant(segments[0]!)
      const below = segments.slice(1).join("/")
      return isMeant(below) || (isMeantWithin !== undefined && own === folded(segments[0]!) && isMeantWithin(below))
    },
  }
}

/**
 * What people type to name files of a torrent: numbers, as `show --files` prints them, and globs.
 *
 * A glob without a slash is about a file's name, wherever it lies; one with a slash is about its path below the torrent's own folder, whose name may stand before it; one that ends with a slash is about all that is
 * in that folder; and a name that no file has means the folder of that name. Who types a name just as it is means it, whatever a glob would make of it.
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

/** What numbers cannot mean, in words; nothing of those that can. */
export const faultOfNumbers = (text: string): string | undefined => {
  if (!isNumbers(text)) return undefined
  const ranges = text
    .split(",")
    .map((range) => range.split("-").map((number) => (number === "" ? Infinity : Number(number))))
  if (ranges.some((range) => range.includes(0))) return "numbers from 1, as `unchoke show --files` prints them"
  const turned = ranges.find(([first = 1, last = first]) => first > last)
  return turned === undefined ? undefined : `a range from the lower number to the higher: ${turned[1]}-${turned[0]}`
}

/** What a name means that no file has: all that is in the folders of that name, wherever they lie; of a path, in that one. */
export const byFolder = (text: string, glob: Glob, foldsCase = disksFoldCase): Pattern => {
  if (text.includes("/")) return { ...byName(text.replace(/\/*$/, "/"), glob, foldsCase), text }
  const isMeant = matcher(text, glob, foldsCase)
  return { text, isNumbers: false, means: ({ path }) => path.slice(0, -1).some(isMeant) }
}

export const byName = (text: string, glob: Glob, foldsCase = disksFoldCase): Pattern => {
  const path = text.replace(/^(?:\.?\/)+/, "")
  const isMeant = matcher(path, glob, foldsCase)
  const slash = path.indexOf("/")
  const own = folded(path.slice(0, slash), foldsCase)
  const isMeantWithin = slash < 0 ? undefined : matcher(path.slice(slash + 1), glob, foldsCase)
  return {
    text,
    isNumbers: false,
    means: ({ path: segments }) => {
      if (!text.includes("/")) return isMeant(segments.at(-1)!)
      if (segments.length === 1) return isMeant(segments[0]!)
      const below = segments.slice(1).join("/")
      return (
        isMeant(below) ||
        (isMeantWithin !== undefined && own === folded(segments[0]!, foldsCase) && isMeantWithin(below))
      )
    },
  }
}

const folded = (name: string, foldsCase: boolean): string => (foldsCase ? name.toLowerCase() : name)

/** Whether a path is one that the pattern means, or is written like it; of a folder's, is in that. */
const matcher = (pattern: string, glob: Glob, foldsCase: boolean): ((path: string) => boolean) => {
  const isFolder = pattern === "" || pattern.endsWith("/")
  const itself = folded(pattern, foldsCase)
  // A pattern is no path of Windows': there a backslash would be a slash.
  const matches = glob(isFolder ? `${pattern}**/*` : pattern, {
    dot: true,
    nocase: foldsCase,
    nonegate: true,
    windows: false,
  })
  return (path) => {
    const name = folded(path, foldsCase)
    return (isFolder ? name.startsWith(itself) : name === itself) || matches(path)
  }
}

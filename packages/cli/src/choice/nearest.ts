/** The files whose names are nearest to a pattern that means none: what was mistyped is seen at a glance. */
import type { Metainfo } from "@unchoke/protocol"

/** So many are named, of so many that are looked at, and so much of a name counts, in characters. */
const most = 3
const mostLooked = 5000
const longestName = 80

export const nearest = (pattern: string, files: ReadonlyArray<Metainfo.TorrentFile>): ReadonlyArray<string> => {
  const about = pattern.split("/").findLast((segment) => segment !== "") ?? ""
  const distance = distanceTo(about.toLowerCase())
  return files
    .filter(({ padding }) => !padding)
    .slice(0, mostLooked)
    .map(({ path }) => ({ path, distance: distance(path.at(-1)!.toLowerCase()) }))
    .toSorted((one, other) => one.distance - other.distance)
    .slice(0, most)
    .map(({ path }) => path.join("/"))
}

/** Of a pattern that leaves a name's beginning or end open, only the other one counts. */
const distanceTo = (pattern: string): ((name: string) => number) => {
  const literal = pattern.replaceAll(/[*?]+/g, "").slice(0, longestName)
  if (pattern.startsWith("*") && !pattern.endsWith("*"))
    return (name) => edits(literal, name.slice(-literal.length || name.length))
  if (pattern.endsWith("*") && !pattern.startsWith("*")) return (name) => edits(literal, name.slice(0, literal.length))
  return (name) => edits(literal, name.slice(0, longestName))
}

/** How many characters have to be changed, added, taken away or put before the one before them (Levenshtein, Damerau). */
const edits = (one: string, other: string): number => {
  let before: ReadonlyArray<number> = []
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      const swap = swapped ? before[j - 2]! + 1 : Infinity
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same, swap))
    }
    before = row
    row = next
  }
  return row[other.length]!
}

/** The files whose names are nearest to a pattern that means none: what was mistyped is seen at a glance. */
import type { Metainfo } from "@unchoke/protocol"
import { edits } from "../edits.ts"

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

/** The files, and the folders, whose names are nearest to a pattern that means none: what was mistyped is seen at a glance. */
import type { Metainfo } from "@unchoke/protocol"
import { edits } from "../edits.ts"

/** So many are named, of so many that are looked at, and so much of a name counts, in characters. */
const most = 3
const mostLooked = 5000
const longestName = 80

export const nearest = (pattern: string, files: ReadonlyArray<Metainfo.TorrentFile>): ReadonlyArray<string> => {
  const about = pattern.split("/").findLast((segment) => segment !== "") ?? ""
  const distance = distanceTo(about.toLowerCase())
  const isGlob = /[*?[{]/.test(pattern)
  const names = new Map<string, string>()
  for (const { path } of files.filter(({ padding }) => !padding).slice(0, mostLooked)) {
    names.set(path.join("/"), path.at(-1)!)
    // A glob is about files. All that is in the torrent's own folder is nothing to choose.
    if (isGlob) continue
    for (let depth = 2; depth < path.length; depth++) names.set(`${path.slice(0, depth).join("/")}/`, path[depth - 1]!)
  }
  return [...names]
    .map(([path, name]) => ({ path, distance: distance(name.toLowerCase()) }))
    .toSorted((one, other) => one.distance - other.distance)
    .slice(0, most)
    .map(({ path }) => path)
}

/** Of a pattern that leaves a name's beginning or end open, only the other one counts. */
const distanceTo = (pattern: string): ((name: string) => number) => {
  const literal = pattern.replaceAll(/[*?]+/g, "").slice(0, longestName)
  if (pattern.startsWith("*") && !pattern.endsWith("*"))
    return (name) => edits(literal, name.slice(-literal.length || name.length))
  if (pattern.endsWith("*") && !pattern.startsWith("*")) return (name) => edits(literal, name.slice(0, literal.length))
  return (name) => edits(literal, name.slice(0, longestName))
}

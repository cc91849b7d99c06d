/**
 * The names that a torrent's files have on the disk besides their own: one for each that is not complete, and one that every disk takes.
 *
 * Deterministic, so that a download finds tomorrow what it made today; and never the name of another file of the torrent.
 */
import { FilePath } from "@unchoke/protocol"

/** What NAME_MAX allows, in bytes of UTF-8. */
const longestName = FilePath.maxNameLength

/**
 * The unfinished names that are not a file's name with `.part` behind it, because that would be too long, or another file's own. `paths` are those of the
 * files, with `separator` between their segments; the answer has the names by the files' places in the list.
 */
export const partNames = (paths: ReadonlyArray<string>, separator: string): ReadonlyMap<number, string> => {
  const names = new Map<number, string>()
  const taken = new Set<string>()
  // A folder may have such a name too.
  for (const path of paths) {
    if (!/\.part(?:[/\\]|$)/i.test(path)) continue
    for (const above of prefixes(path, separator)) if (/\.part$/i.test(above)) taken.add(FilePath.foldedKey(above))
  }
  for (const [file, path] of paths.entries()) {
    const start = path.lastIndexOf(separator) + 1
    const isLong = path.length - start > longestName / 4 && Buffer.byteLength(path.slice(start)) > longestName - 5
    if (!isLong && (taken.size === 0 || !taken.has(FilePath.foldedKey(`${path}.part`)))) continue
    // The number keeps apart what is alike once it is cut.
    const stem = `${cut(FilePath.portableName(path.slice(start)), 200)}.${file}`
    let name = `${stem}.part`
    for (let next = 1; taken.has(FilePath.foldedKey(path.slice(0, start) + name)); next++) name = `${stem}.${next}.part`
    names.set(file, name)
  }
  return names
}

/** Most paths are seen at a glance to have no name that FAT, exFAT or NTFS would refuse or change. */
// oxlint-disable-next-line no-control-regex
const suspicious = /[\u0001-\u001f"*:<>?|]|[. ](?:[/\\]|$)|(?:^|[/\\])(?:con|prn|aux|nul|clock|com|lpt)/i

/** For each path that a disk of Windows' kind refuses one that it takes: `_` for what is refused, and a number where that is another's name. */
export const safePaths = (paths: ReadonlyArray<string>, separator: string): ReadonlyMap<number, string> => {
  const safe = new Map<number, string>()
  const isOdd = (path: string) =>
    suspicious.test(path) && path.split(separator).some((name) => FilePath.portableName(name) !== name)
  const due = paths.flatMap((path, file) => (isOdd(path) ? [file] : []))
  if (due.length === 0) return safe
  const taken = new Set<string>()
  for (const path of paths) for (const above of prefixes(path, separator)) taken.add(FilePath.foldedKey(above))
  /** What each folder and file whose path is refused has become. */
  const become = new Map<string, string>()
  for (const file of due) {
    let before = ""
    for (const above of prefixes(paths[file]!, separator)) {
      const name = above.slice(above.lastIndexOf(separator) + 1)
      let now = become.get(above)
      if (now === undefined) {
        const plain = FilePath.portableName(name)
        now = before + plain
        // A folder without a fault below one that has none is where it was.
        for (let number = 1; now !== above && taken.has(FilePath.foldedKey(now)); number++) {
          now = before + FilePath.numbered(plain, number)
        }
        taken.add(FilePath.foldedKey(now))
        become.set(above, now)
      }
      before = now + separator
    }
    safe.set(file, before.slice(0, -separator.length))
  }
  return safe
}

/** "a", "a/b", "a/b/c" of "a/b/c". */
function* prefixes(path: string, separator: string): Generator<string> {
  for (let end = path.indexOf(separator); end >= 0; end = path.indexOf(separator, end + 1)) yield path.slice(0, end)
  yield path
}

const cut = (name: string, bytes: number): string => {
  let kept = name
  while (Buffer.byteLength(kept) > bytes) kept = kept.slice(0, Math.min(kept.length - 1, bytes))
  return kept.toWellFormed()
}

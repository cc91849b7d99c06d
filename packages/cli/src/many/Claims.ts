/**
 * Which files of the folder are whose: no two torrents of one command write the same.
 *
 * Invariant: of two claims of which a file or a folder of one is a file of the other, the later is refused; a torrent's own are never in its way. Folders may be shared. Names that a disk takes for the same
 * because they differ in their letters' case alone are left to the disk.
 */
import type { Torrent } from "@unchoke/engine"
import { SameFiles } from "./SameFiles.ts"

type Claimant = Pick<Torrent, "name" | "files">

/** What of a torrent counts: padding and links are not written as files. */
interface Claim {
  readonly given: string
  readonly files: ReadonlySet<string>
  readonly folders: ReadonlySet<string>
}

export class Claims {
  /** By the first segment of their paths: as a rule each torrent has one to itself. */
  readonly #claims = new Map<string, Set<Claim>>()

  /** Takes the files of a torrent that was given like this, unless one of them is taken. Returns how to give them back. */
  take(torrent: Claimant, given: string): (() => void) | SameFiles {
    const claim = claimOf(torrent, given)
    const roots = new Set(Array.from(claim.files, (path) => path.split("/", 1)[0]!))
    for (const root of roots) {
      for (const other of this.#claims.get(root) ?? []) {
        const path = clash(claim, other)
        if (path !== undefined) return new SameFiles({ name: torrent.name, given, other: other.given, path })
      }
    }
    for (const root of roots) {
      const there = this.#claims.get(root) ?? new Set()
      this.#claims.set(root, there.add(claim))
    }
    return () => {
      for (const root of roots) {
        const there = this.#claims.get(root)
        if (there?.delete(claim) === true && there.size === 0) this.#claims.delete(root)
      }
    }
  }
}

const claimOf = ({ files }: Claimant, given: string): Claim => {
  const paths = new Set<string>()
  const folders = new Set<string>()
  for (const { link, padding, path } of files) {
    if (padding) continue
    for (let depth = 1; depth < path.length; depth++) folders.add(path.slice(0, depth).join("/"))
    if (link === undefined) paths.add(path.join("/"))
  }
  return { given, files: paths, folders }
}

const clash = (one: Claim, other: Claim): string | undefined => {
  for (const path of one.files) if (other.files.has(path) || other.folders.has(path)) return path
  for (const path of one.folders) if (other.files.has(path)) return path
  return undefined
}

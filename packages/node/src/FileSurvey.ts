/**
 * What is in the place of each of a torrent's files, seen once, without opening anything.
 *
 * A file that needs more than one piece is looked for under its unfinished name as well, and a file whose name some disks refuse under its safe one: `places`
 * knows afterwards where each is, or is to be made.
 */
import type { Geometry } from "@unchoke/protocol"
import { Effect } from "effect"
import type * as Fs from "node:fs"
import * as Path from "node:path"
import type { Torrent } from "@unchoke/engine"
import type { Layout } from "./Disk.ts"
import type { FilePlaces } from "./filePlaces.ts"
import { piecesOf } from "./PieceSpans.ts"

/** What is at a place. */
export interface Seen {
  readonly kind: "file" | "link" | "folder" | "other"
  /** In bytes; of a link, that of the file it leads to; -1 of what is no file. */
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly ino: number
  /** When it was made; 0 where the file system does not tell. With the inode it tells a file from any other, earlier or later. */
  readonly birthMs: number
}

const kinds = [undefined, "file", "link", "folder", "other"] as const

/** The numbers of what is seen. */
const seenSize = 5

/** Files that are looked at between two looks at anything else. */
const filesAtOnce = 1024

export class FileSurvey {
  /** Files that are there under both names. */
  readonly twice: ReadonlySet<number>
  /** Those of them that are one file. */
  readonly linked: ReadonlySet<number>
  /** Whether nothing of the torrent is there. */
  readonly fresh: boolean
  readonly #kinds: Uint8Array
  readonly #numbers: Float64Array

  private constructor(files: number, twice: ReadonlySet<number>, linked: ReadonlySet<number>, fresh: boolean) {
    this.twice = twice
    this.linked = linked
    this.fresh = fresh
    this.#kinds = new Uint8Array(files)
    this.#numbers = new Float64Array(files * seenSize)
  }

  static readonly make = Effect.fnUntraced(function* (
    fs: typeof Fs,
    torrent: Torrent,
    layout: Layout,
    places: FilePlaces,
  ) {
    const twice = new Set<number>()
    const linked = new Set<number>()
    const fresh = isFresh(fs, torrent, layout, places)
    const survey = new FileSurvey(layout.lengths.length, twice, linked, fresh)
    const border = seenAt(fs, places.absolute(layout.border))
    if (border?.kind === "file") survey.#note(layout.border, border)
    for (const [file, extent] of torrent.files.entries()) {
      if (layout.lengths[file]! < 0) continue
      // One that we are replacing is put together beside the other, however short it is.
      const divided = isDivided(torrent.geometry, extent) || places.is(file, "replacing")
      places.mark(file, "safe", layout.separator === "\\" && layout.safePaths.has(file))
      places.mark(file, "part", divided)
      places.mark(file, "aside", false)
      if (fresh) continue
      if (file % filesAtOnce === 0) yield* Effect.yieldNow
      for (const safe of layout.safePaths.has(file) ? [false, true] : [places.is(file, "safe")]) {
        const before = places.is(file, "safe")
        places.mark(file, "safe", safe)
        const part = divided ? seenAt(fs, places.partPath(file)) : undefined
        const final = seenAt(fs, places.finalPath(file))
        // A link to somewhere is nobody's unfinished file.
        const begun = part !== undefined && part.kind !== "link"
        if (begun && final !== undefined) {
          twice.add(file)
          if (part.kind === "file" && part.ino === final.ino && part.birthMs === final.birthMs) linked.add(file)
        }
        if (begun || final !== undefined) {
          places.mark(file, "part", begun)
          survey.#note(file, begun ? part : final)
          break
        }
        places.mark(file, "safe", before)
      }
    }
    return survey
  })

  /** What is at the file's place; `undefined` when nothing is. */
  at(file: number): Seen | undefined {
    const kind = kinds[this.#kinds[file]!]
    if (kind === undefined) return undefined
    const n = this.#numbers
    const at = file * seenSize
    return { kind, size: n[at]!, mtimeMs: n[at + 1]!, ctimeMs: n[at + 2]!, ino: n[at + 3]!, birthMs: n[at + 4]! }
  }

  /** It is under its other name that the file is looked at from here on. */
  turnTo(fs: typeof Fs, places: FilePlaces, file: number, part: boolean): void {
    places.mark(file, "part", part)
    this.#note(file, seenAt(fs, places.absolute(file)))
  }

  #note(file: number, seen: Seen | undefined): void {
    this.#kinds[file] = kinds.indexOf(seen?.kind)
    if (seen === undefined) return
    this.#numbers.set([seen.size, seen.mtimeMs, seen.ctimeMs, seen.ino, seen.birthMs], file * seenSize)
  }
}

/** Whether a file needs more than one piece: then it has an unfinished name until they are all there. */
export const isDivided = (geometry: Geometry.Geometry, file: Geometry.Extent): boolean => {
  if (file.length === 0) return false
  const [first, end] = piecesOf(geometry, file)
  return end - first > 1
}

const isFresh = (fs: typeof Fs, torrent: Torrent, layout: Layout, places: FilePlaces): boolean => {
  const roots = new Set<string>()
  for (const [file, { path }] of torrent.files.entries()) {
    roots.add(path[0]!)
    const safe = layout.safePaths.get(file)
    if (safe !== undefined) roots.add(safe.split(layout.separator)[0]!)
    if (path.length > 1) continue
    for (const isSafe of safe === undefined ? [false] : [true, false]) {
      places.mark(file, "safe", isSafe)
      roots.add(Path.basename(places.partPath(file)))
    }
  }
  return [...roots].every((root) => seenAt(fs, Path.join(layout.folder, root)) === undefined)
}

/** Whether the disk does not tell what is at a place where nothing was seen. */
export const isHidden = (fs: typeof Fs, path: string): boolean => {
  try {
    fs.lstatSync(path, { throwIfNoEntry: false })
    return false
  } catch (error) {
    return hiding.has((error as NodeJS.ErrnoException).code)
  }
}

const hiding: ReadonlySet<string | undefined> = new Set(["EACCES", "EPERM", "EIO", "ESTALE"])

/** What is at a place; `undefined` also where nobody can look: whoever opens it will be told why. */
export const seenAt = (fs: typeof Fs, path: string): Seen | undefined => {
  try {
    const stat = fs.lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return undefined
    const { birthtimeMs: birthMs, ctimeMs, ino, mtimeMs, size } = stat
    const seen = { size: -1, mtimeMs, ctimeMs, ino, birthMs }
    if (stat.isFile()) return { ...seen, kind: "file", size }
    if (stat.isDirectory()) return { ...seen, kind: "folder" }
    if (!stat.isSymbolicLink()) return { ...seen, kind: "other" }
    const target = fs.statSync(path, { throwIfNoEntry: false })
    return { ...seen, kind: "link", size: target?.isFile() === true ? target.size : -1 }
  } catch {
    return undefined
  }
}

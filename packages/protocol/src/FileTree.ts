/**
 * Gives each file of a torrent a path of its own, also on disks that ignore case.
 *
 * Two files on one path, and a name that is both a file and a folder, are faults of the torrent. Names that come to the same only through their case,
 * their normalisation or our repairs are no fault: the later file gets a number. Deterministic, so that a download resumes. Linear.
 */
import { Result } from "effect"
import { foldedKey, numbered, type SafeName } from "./FilePath.ts"

/** The path of a file, in safe names; not empty. */
export type SafePath = ReadonlyArray<SafeName>

/** Which file cannot have its path, and why. */
export interface FileTreeFault {
  readonly file: number
  readonly why: "is the same as another file's" | "is also a folder"
}

/** One path for each file: the one it has, but for the number that keeps it apart from another. */
export const uniquePaths = (files: ReadonlyArray<SafePath>): Result.Result<Array<Array<string>>, FileTreeFault> => {
  // All folders before the first file: a file gives way to a folder, wherever in the list the folder appears.
  const exact = new Folders(files, (segment) => segment.identity)
  const folded = new Folders(files, (segment) => foldedKey(segment.name))
  const names = new Names()
  const paths: Array<Array<string>> = []
  for (const [file, path] of files.entries()) {
    const { identity, name } = path.at(-1)!
    const exactly = entry(exact.of[file]!, identity)
    if (exact.has(exactly)) return Result.fail({ file, why: "is also a folder" })
    const folder = folded.of[file]!
    const free = names.take(
      exactly,
      name,
      (name) => entry(folder, foldedKey(name)),
      (entry) => folded.has(entry),
    )
    if (free === undefined) return Result.fail({ file, why: "is the same as another file's" })
    const segments = path.map((segment) => segment.name)
    segments[segments.length - 1] = free
    paths.push(segments)
  }
  return Result.succeed(paths)
}

/** A name within a folder. Folders have numbers, so that no path is ever put together. */
const entry = (folder: number, key: string): string => `${folder}/${key}`

/** The folders of all files; the root is 0. */
class Folders {
  /** The folder in which each file lies. */
  readonly of: ReadonlyArray<number>
  readonly #numbers = new Map<string, number>()

  constructor(files: ReadonlyArray<SafePath>, keyOf: (segment: SafeName) => string) {
    this.of = files.map((path) => {
      let folder = 0
      for (let i = 0; i < path.length - 1; i++) {
        const within = entry(folder, keyOf(path[i]!))
        folder = this.#numbers.get(within) ?? this.#numbers.size + 1
        this.#numbers.set(within, folder)
      }
      return folder
    })
  }

  has(entry: string): boolean {
    return this.#numbers.has(entry)
  }
}

/** The names that files have been given. */
class Names {
  /** Who has it: what its path was exactly. */
  readonly #taken = new Map<string, string>()
  /** Everyone who wanted a name that was taken, and the one who has it. */
  readonly #wanted = new Map<string, Set<string>>()
  readonly #lastNumbers = new Map<string, number>()

  /** A name that is free: the file's own, or with a number; `undefined` when a file of exactly this path has been here. */
  take(
    exactly: string,
    name: string,
    entryOf: (name: string) => string,
    isFolder: (entry: string) => boolean,
  ): string | undefined {
    const own = entryOf(name)
    const holder = this.#taken.get(own)
    if (holder === undefined && !isFolder(own)) {
      this.#taken.set(own, exactly)
      return name
    }
    const wanted = this.#wanted.get(own) ?? new Set(holder === undefined ? [] : [holder])
    if (wanted.has(exactly)) return undefined
    this.#wanted.set(own, wanted.add(exactly))
    // Whichever names can come to the same with a number share one count, so that no number is tried twice.
    const counter = entryOf(numbered(name, largestNumber))
    for (let number = (this.#lastNumbers.get(counter) ?? 0) + 1; ; number++) {
      const candidate = numbered(name, number)
      const candidateEntry = entryOf(candidate)
      if (this.#taken.has(candidateEntry) || isFolder(candidateEntry)) continue
      this.#taken.set(candidateEntry, exactly)
      this.#lastNumbers.set(counter, number)
      return candidate
    }
  }
}

/** There cannot be more files: an entry takes dozens of bytes, and a torrent is at most 32 MiB. */
const largestNumber = 999_999

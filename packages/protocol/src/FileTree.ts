/**
 * Gives each file of a torrent a path of its own, also on disks that ignore case.
 *
 * Of two files on one path the later gets a number, and a file gives way to a folder, as in libtorrent; so do names that come to the same only through their
 * case, their normalisation or our repairs. Deterministic, so that a download resumes. Linear.
 */
import { foldedKey, numbered } from "./FilePath.ts"

/** The path of a file, in safe names; not empty. */
export type SafePath = ReadonlyArray<string>

/** One path for each file: the one it has, but for the number that keeps it apart from another. */
export const uniquePaths = (files: ReadonlyArray<SafePath>): Array<SafePath> => {
  // All folders before the first file: a file gives way to a folder, wherever in the list the folder appears.
  const folders = new Folders(files)
  const names = new Names(folders)
  return files.map((path, file) => {
    const name = path.at(-1)!
    const free = names.take(folders.of[file]!, name)
    return free === name ? path : [...path.slice(0, -1), free]
  })
}

/** A name within a folder. Folders have numbers, so that no path is ever put together. */
const entry = (folder: number, name: string): string => `${folder}/${foldedKey(name)}`

/** The folders of all files; the root is 0. */
class Folders {
  /** The folder in which each file lies. */
  readonly of: ReadonlyArray<number>
  readonly #numbers = new Map<string, number>()

  constructor(files: ReadonlyArray<SafePath>) {
    this.of = files.map((path) => {
      let folder = 0
      for (let i = 0; i < path.length - 1; i++) {
        const within = entry(folder, path[i]!)
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
  readonly #folders: Folders
  readonly #taken = new Set<string>()
  readonly #lastNumbers = new Map<string, number>()

  constructor(folders: Folders) {
    this.#folders = folders
  }

  /** A name that is free in that folder: the file's own, or with a number. */
  take(folder: number, name: string): string {
    if (this.#isFree(entry(folder, name))) return name
    // Whichever names can come to the same with a number share one count, so that no number is tried twice.
    const counter = entry(folder, numbered(name, largestNumber))
    for (let number = (this.#lastNumbers.get(counter) ?? 0) + 1; ; number++) {
      const candidate = numbered(name, number)
      if (!this.#isFree(entry(folder, candidate))) continue
      this.#lastNumbers.set(counter, number)
      return candidate
    }
  }

  /** Takes it, if it is. */
  #isFree(entry: string): boolean {
    if (this.#taken.has(entry) || this.#folders.has(entry)) return false
    this.#taken.add(entry)
    return true
  }
}

/** There cannot be more files: a torrent has at most three million values, and a file takes six. */
const largestNumber = 999_999

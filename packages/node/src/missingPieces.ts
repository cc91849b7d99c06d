/**
 * How many pieces of each file are missing, known to all threads, so that whoever writes the last one can give the file its name at once.
 *
 * Like `openFiles` it reaches a worker as text, so it refers to nothing outside itself but types. Invariant: a piece that is stored twice counts once.
 */
import type { Layout } from "./Disk.ts"

export interface MissingPieces {
  /** Begins to count: so many pieces of each file are missing, and all but these pieces. */
  readonly begin: (missing: ArrayLike<number>, isThere: (piece: number) => boolean) => void
  /** The piece was stored; returns those of its files of which nothing is missing any more. */
  readonly store: (piece: number, files: ReadonlyArray<number>) => ReadonlyArray<number>
  readonly isComplete: (file: number) => boolean
}

export const missingPieces = ({ lengths, missing }: Pick<Layout, "lengths" | "missing">): MissingPieces => {
  const left = new Int32Array(missing, 0, lengths.length)
  const there = new Uint8Array(missing, lengths.length * 4)

  return {
    begin: (counts, isThere) => {
      left.set(counts)
      for (let piece = 0; piece < there.length; piece++) there[piece] = isThere(piece) ? 1 : 0
    },
    store: (piece, files) => {
      if (there[piece] === 1) return []
      there[piece] = 1
      return files.filter((file) => --left[file]! === 0)
    },
    isComplete: (file) => left[file] === 0,
  }
}

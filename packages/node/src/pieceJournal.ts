/**
 * The tail of a resume record: what is being written, and what has been, appended as it happens.
 *
 * Whatever the moment at which the process dies, the record tells which pieces are stored and which were being written (see `ResumeRecord`, which reads
 * it). Invariants: a piece is named before the first of its bytes is written, and called stored only after the last write has returned; what cannot be
 * appended ends the journal, never the download. Runs in the main thread or in a worker, as text, so it refers to nothing outside itself but types.
 */
import type * as Crypto from "node:crypto"
import type * as Fs from "node:fs"
import type { Layout } from "./Disk.ts"

export interface PieceJournal {
  /** These pieces will be written now. */
  readonly begin: (pieces: ReadonlyArray<number>) => void
  /** The next write is about to happen. */
  readonly beat: () => void
  /** Somebody else has changed the file since we left it. */
  readonly changed: (file: number) => void
  /** They are stored, but for those that failed; and these are the files that were written to. */
  readonly end: (failed: ReadonlyArray<number>, files: Iterable<number>) => void
  readonly close: () => void
}

export const pieceJournal = (fs: typeof Fs, crypto: typeof Crypto, layout: Layout): PieceJournal => {
  /** Milliseconds between two beats: how closely a file's time of change has to follow one to be explained by our last write. */
  const beatEvery = 2

  const stamps = new Float64Array(layout.stamps)
  const stampSize = 4
  /** Behind the stamps: 1 when something could not be appended, here or in another thread. A journal with a gap would be believed. */
  const broken = stamps.length - 1
  let fd: number | undefined
  let lastBeat = 0

  const begin = (pieces: ReadonlyArray<number>): void => {
    lastBeat = Date.now()
    append([1, lastBeat, ...pieces])
  }

  const beat = (): void => {
    const now = Date.now()
    if (now - lastBeat < beatEvery) return
    lastBeat = now
    append([2, now])
  }

  const changed = (file: number): void => append([3, file])

  const end = (failed: ReadonlyArray<number>, files: Iterable<number>): void => {
    const body = [4, failed.length, ...failed]
    for (const file of files) {
      body.push(file, ...stamps.subarray(file * stampSize, (file + 1) * stampSize))
    }
    append(body)
  }

  const append = (body: ReadonlyArray<number>): void => {
    if (stamps[broken] === 1) return
    try {
      const { O_APPEND, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_WRONLY } = fs.constants
      if (fd === undefined) {
        fd = fs.openSync(layout.record, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK)
        // What was put in its place is not written to, nor what has another name.
        const { ino, nlink } = fs.fstatSync(fd)
        if (ino !== stamps[broken - 1] || nlink !== 1) return breakOff()
      }
      const entry = Float64Array.from([body.length, 0, ...body])
      const bytes = new Uint8Array(entry.buffer)
      entry[1] = crypto.hash("sha1", bytes.subarray(16), "buffer").readUIntLE(0, 6)
      if (fs.writeSync(fd, bytes) !== bytes.length) breakOff()
    } catch {
      breakOff()
    }
  }

  /** Waits until no later write can be taken for the last one that was announced (see `ResumeFile`). */
  const breakOff = (): void => {
    stamps[broken] = 1
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  }

  const close = (): void => {
    if (fd !== undefined) fs.closeSync(fd)
    fd = undefined
  }

  return { begin, beat, changed, end, close }
}

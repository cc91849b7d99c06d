/** A disk in the thread that asks. Nothing is quicker for little work, but nothing else happens meanwhile. */
import { Effect, type Scope } from "effect"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import type { Disk, Layout, Reply, Request } from "./Disk.ts"
import { diskFiles } from "./diskFiles.ts"
import { parts } from "./diskParts.ts"
import type { Window } from "./openFiles.ts"
import { pieceHashes } from "./pieceHashes.ts"
import { type PieceJobs, pieceJobs } from "./pieceJobs.ts"
import { pieceJournal } from "./pieceJournal.ts"

/** Of this thread. */
const window: Window = { bytes: new Uint8Array(0), of: undefined, file: -1, start: 0, end: 0 }

export interface InlineDisk extends Disk {
  /** When all that it was asked for is done, and no file is open any more: another disk may need the descriptors. */
  readonly release: () => Promise<unknown>
}

export const make = (layout: Layout): Effect.Effect<InlineDisk, never, Scope.Scope> => makeOn(Fs, layout)

/** On another file system than Node's. */
export const makeOn = (fs: typeof Fs, layout: Layout): Effect.Effect<InlineDisk, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Resting(() => jobsOn(fs, layout))),
      // The scope can't fail; what a close could say matters only before the last write has returned.
      (disk) => Effect.ignore(Effect.tryPromise(disk.close)),
    ),
    ({ release, submit }) => ({ submit, release }),
  )

const jobsOn = (fs: typeof Fs, layout: Layout): PieceJobs => {
  const files = diskFiles(fs, layout, parts, window)
  const hashes = pieceHashes(Crypto, layout.hashes)
  return pieceJobs(Crypto, layout, hashes, files, pieceJournal(fs, Crypto, layout))
}

/** After so many milliseconds without a request nothing is kept for the next one: neither memory nor descriptors. */
const restAfter = 1000

/**
 * What does the work, while there is any. All that is to be known later is shared with the other threads, so who comes after it knows as much.
 *
 * Invariant: it is closed only when all that it was asked for is done, and no file is open to be written to: what the system has to say of that is for who writes next.
 */
class Resting {
  readonly #make: () => PieceJobs
  #jobs: PieceJobs | undefined
  #due = 0
  #closed = false
  #timer: NodeJS.Timeout | undefined

  constructor(make: () => PieceJobs) {
    this.#make = make
  }

  readonly submit = (request: Request, done: (reply: Reply) => void): void => {
    this.#due++
    void (this.#jobs ??= this.#make()).run(request).then((reply) => {
      this.#due--
      if (this.#timer === undefined) this.#timer = setTimeout(this.#rest, restAfter).unref()
      else this.#timer.refresh()
      done(reply)
    })
  }

  readonly release = async (): Promise<void> => {
    const jobs = this.#jobs
    if (jobs === undefined || this.#closed) return
    await jobs.idle()
    if (this.#jobs !== jobs || this.#due > 0) return
    this.#jobs = undefined
    // What it has to say is said to who writes next.
    await jobs.close().catch(() => {})
  }

  readonly close = async (): Promise<void> => {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#jobs ??= this.#make()
    await this.#jobs.close()
  }

  readonly #rest = (): void => {
    if (this.#due > 0 || this.#closed || this.#jobs?.isWriting() !== false) return
    const jobs = this.#jobs
    this.#jobs = undefined
    this.#timer = undefined
    void jobs.close().catch(() => {})
  }
}

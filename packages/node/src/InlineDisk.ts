/** A disk in the thread that asks. Nothing is quicker for little work, but nothing else happens meanwhile. */
import { Effect, type Scope } from "effect"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import type { Disk, Layout } from "./Disk.ts"
import { diskFiles } from "./diskFiles.ts"
import { parts } from "./diskParts.ts"
import { pieceHashes } from "./pieceHashes.ts"
import { pieceJobs } from "./pieceJobs.ts"
import { pieceJournal } from "./pieceJournal.ts"

/**
 * Shorter writes are made at once: to wake another thread takes longer. The others are made by Node's pool, which takes a fifth off a small download: its
 * hashes and its blocks need this thread.
 */
const elsewhere = 64 << 10

export interface InlineDisk extends Disk {
  /** When all that it was asked for is done. */
  readonly idle: () => Promise<unknown>
}

export const make = (layout: Layout): Effect.Effect<InlineDisk, never, Scope.Scope> => makeOn(Fs, layout)

/** On another file system than Node's; writes of so many bytes are left to the pool. */
export const makeOn = (
  fs: typeof Fs,
  layout: Layout,
  pooled: number = elsewhere,
): Effect.Effect<InlineDisk, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const files = diskFiles(fs, layout, parts)
        const hashes = pieceHashes(Crypto, layout.hashes)
        return pieceJobs(Crypto, layout, hashes, files, pieceJournal(fs, Crypto, layout), pooled)
      }),
      // The scope can't fail; what a close could say matters only before the last write has returned.
      ({ close }) => Effect.ignore(Effect.tryPromise(close)),
    ),
    ({ idle, run }) => ({ submit: (request, done) => void run(request).then(done), idle }),
  )

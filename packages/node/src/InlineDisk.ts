/** A disk in the thread that asks. Nothing is quicker for little work, but nothing else happens meanwhile. */
import { Effect, type Scope } from "effect"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import type { Disk, Layout } from "./Disk.ts"
import { insideFolder } from "./insideFolder.ts"
import { openFiles } from "./openFiles.ts"
import { pieceJobs } from "./pieceJobs.ts"
import { pieceJournal } from "./pieceJournal.ts"

export const make = (layout: Layout): Effect.Effect<Disk, never, Scope.Scope> => makeOn(Fs, layout)

/** On another file system than Node's. */
export const makeOn = (fs: typeof Fs, layout: Layout): Effect.Effect<Disk, never, Scope.Scope> =>
  Effect.gen(function* () {
    const files = openFiles(fs, layout, insideFolder(fs, layout))
    const journal = pieceJournal(fs, Crypto, layout)
    // The scope can't fail; what a close could say matters only before the last write has returned.
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.try(files.close)))
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.try(journal.close)))
    const run = pieceJobs(Crypto, layout, files, journal)
    return { submit: (request, done) => done(run(request)) }
  })

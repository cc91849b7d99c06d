/** A disk in the thread that asks. Nothing is quicker for little work, but nothing else happens meanwhile. */
import { Effect, type Scope } from "effect"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import type { Disk, Layout } from "./Disk.ts"
import { openFiles } from "./openFiles.ts"
import { pieceJobs } from "./pieceJobs.ts"

export const make = (layout: Layout): Effect.Effect<Disk, never, Scope.Scope> =>
  Effect.gen(function* () {
    const files = openFiles(Fs, layout)
    // The scope can't fail; what a close could say matters only before the last write has returned.
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.try(files.close)))
    const run = pieceJobs(Crypto, layout, files)
    return { submit: (request, done) => done(run(request)) }
  })

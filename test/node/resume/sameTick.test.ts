/** Somebody else writes to our file at once after us, where its times do not tell. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as HashedPieces from "../../crash/HashedPieces.ts"
import { begin, everyPiece, first, flip, inTemporary, put, unfinished } from "./Scene.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

describe("a foreign write in the same tick as ours", () => {
  /** A file system that knows of no time but one since this test began. */
  const untimed = (): typeof Fs => {
    const tick = 1_000_000
    const began = Date.now() - tick / 2
    const coarse = (time: number) => began + Math.floor((time - began) / tick) * tick
    type Call = (...args: ReadonlyArray<unknown>) => Fs.Stats | undefined
    const seen =
      (call: Call): Call =>
      (...args) => {
        const stat = call(...args)
        const { ctimeMs = 0, mtimeMs = 0 } = stat ?? {}
        return stat && Object.assign(stat, { ctimeMs: coarse(ctimeMs), mtimeMs: coarse(mtimeMs) })
      }
    return {
      ...Fs,
      fstatSync: seen(Fs.fstatSync as unknown as Call),
      lstatSync: seen(Fs.lstatSync as unknown as Call),
      statSync: seen(Fs.statSync as unknown as Call),
    } as unknown as typeof Fs
  }

  it.live.prop(
    "whichever byte, after whichever piece: the file gets no name",
    { at: between(0, 899), after: between(0, 8) },
    ({ after, at }) =>
      inTemporary((folder) =>
        Effect.gen(function* () {
          const path = Path.join(folder, unfinished)
          const flipped = Math.max(after, Math.floor(at / 100))
          const error = yield* Effect.gen(function* () {
            const stored = yield* begin(folder)
            for (const piece of everyPiece) {
              yield* put(stored, piece)
              if (piece === flipped) flip(path, at)
            }
          }).pipe(Effect.scoped, Effect.provide(HashedPieces.make(untimed()).layer, { local: true }), Effect.flip)
          assert.deepInclude(error, { reason: "changed" })
          assert.isFalse(Fs.existsSync(Path.join(folder, first)))
        }),
      ),
    { arbitrary: { runs: 20 } },
  )
})

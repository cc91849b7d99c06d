/** Somebody else writes to our file where its times do not tell: while a thread of the pool does, and at once after us. */
import { assert, describe, it } from "@effect/vitest"
import { NodePieceStore } from "@unchoke/node"
import { Deferred, Effect, Schema } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as InlineDisk from "../../../packages/node/src/InlineDisk.ts"
import * as HashedPieces from "../../crash/HashedPieces.ts"
import { begin, everyPiece, find, first, flip, get, inTemporary, put, records, unfinished } from "./Scene.ts"

/** Every write is the pool's; `during` happens while it writes, for so many a time. */
const pooled = (during: (write: number) => void, changes: Partial<typeof Fs> = {}) => {
  let writes = 0
  const write = ((...args: Parameters<typeof Fs.write>) => {
    const done = args.pop() as unknown as (...answer: ReadonlyArray<unknown>) => void
    const ended = (...answer: ReadonlyArray<unknown>) => {
      during(writes++)
      done(...answer)
    }
    return Fs.write(...([...args, ended] as unknown as Parameters<typeof Fs.write>))
  }) as typeof Fs.write
  return HashedPieces.make({ ...Fs, ...changes, write } as typeof Fs, 1)
}

const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

const putAll = Effect.fnUntraced(function* (folder: string, pieces: ReadonlyArray<number>) {
  const stored = yield* begin(folder)
  for (const piece of pieces) yield* put(stored, piece)
}, Effect.scoped)

describe("a foreign write while ours is in the pool", () => {
  it.live.prop(
    "whichever byte that is stored already, whenever: the file gets no name, and only that piece is fetched again",
    { at: between(0, 949), write: between(0, 9) },
    ({ at, write }) =>
      inTemporary((folder) =>
        Effect.gen(function* () {
          const path = Path.join(folder, unfinished)
          const piece = Math.floor(at / 100)
          const { layer } = pooled((now) => {
            if (now === Math.max(write, piece)) flip(path, at)
          })
          const error = yield* Effect.flip(Effect.provide(putAll(folder, everyPiece), layer, { local: true }))
          assert.deepInclude(error, { _tag: "StorageError", reason: "changed", path })
          assert.isFalse(Fs.existsSync(Path.join(folder, first)))
          const { present } = yield* find(folder)
          assert.deepStrictEqual(
            present,
            everyPiece.slice(0, 10).filter((one) => one !== piece),
          )
          yield* get(folder, everyPiece)
          assert.deepStrictEqual((yield* find(folder, "check")).present, everyPiece)
          assert.deepStrictEqual(records(folder), [])
        }),
      ),
    { arbitrary: { runs: 20 } },
  )

  it.live("one while it is read again is no less seen", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const path = Path.join(folder, unfinished)
        let reads = 0
        // The first byte, when all of the file has been read.
        const readSync = ((...args: Parameters<typeof Fs.readSync>) => {
          const count = Fs.readSync(...args)
          if (++reads === 1) flip(path, 5)
          return count
        }) as typeof Fs.readSync
        const { layer } = pooled(() => {}, { readSync })
        const error = yield* Effect.flip(Effect.provide(putAll(folder, everyPiece), layer, { local: true }))
        assert.deepInclude(error, { reason: "changed", path })
        assert.isAbove(reads, 1)
      }),
    ),
  )

  it.live("one before we are stopped, where nothing has been read again: the next start reads it", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const path = Path.join(folder, unfinished)
        const reading = yield* Deferred.make<void>()
        let writes = 0
        const fs = {
          ...Fs,
          write: (...args: ReadonlyArray<unknown>) => {
            const done = args.at(-1) as (...answer: ReadonlyArray<unknown>) => void
            const ended = (...answer: ReadonlyArray<unknown>) => {
              if (writes++ === 3) flip(path, 5)
              done(...answer)
            }
            Reflect.apply(Fs.write, Fs, [...args.slice(0, -1), ended])
          },
        } as unknown as typeof Fs
        const stopped = NodePieceStore.layerOn(
          (layout) =>
            Effect.map(InlineDisk.makeOn(fs, layout, 1), (disk) => ({
              submit: (request, done) =>
                request.kind === "check" ? Deferred.doneUnsafe(reading, Effect.void) : disk.submit(request, done),
            })),
          fs,
        )
        yield* putAll(folder, everyPiece).pipe(
          Effect.provide(stopped, { local: true }),
          Effect.raceFirst(Deferred.await(reading)),
        )
        assert.deepStrictEqual((yield* find(folder)).present, everyPiece.slice(1, 10))
      }),
    ),
  )

  it.live("none: each piece is read again once, when all of its files is there", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const { hashed, layer } = pooled(() => {})
        yield* Effect.provide(putAll(folder, everyPiece), layer, { local: true })
        // The ninth is in both files.
        assert.deepStrictEqual(
          hashed.toSorted((a, b) => a - b),
          [...everyPiece.slice(0, 10), ...everyPiece.slice(9)],
        )
        assert.deepStrictEqual(records(folder), [])
      }),
    ),
  )
})

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

/**
 * Any choices of files, one run after the other, each killed at one of its system calls: what was stored once is there in every later run, files that nobody chose are not
 * made, and the last choice ends with exactly its bytes.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { FileChoice, PieceStore } from "@unchoke/engine"
import { type Made, make, pieceOf, Shape } from "../compliance/TorrentOf.ts"
import * as HashedPieces from "./HashedPieces.ts"
import { album, Bits, choiceOf, fetchMissing, temporary } from "./lives.ts"
import { mortalFs } from "./mortalFs.ts"

/** What a run wants, at which call it dies, and how. */
const Life = Schema.Struct({
  wanted: Bits,
  fatal: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 120 }))),
  last: Schema.Literals(["before", "half", "after"]),
})

/** From what is there to the end, or to its death. `stored` are the pieces that were stored before, and are now. */
const live = Effect.fnUntraced(function* (made: Made, choice: FileChoice, folder: string, stored: Set<number>) {
  const opened = yield* (yield* PieceStore).open(made.torrent, folder, { choice })
  yield* fetchMissing(opened, made, choice, stored)
  for (const piece of stored) {
    const wanted = pieceOf({ geometry: made.torrent.geometry, data: made.data }, piece)
    const into = new Uint8Array(wanted.length)
    yield* opened.read(piece, 0, [into])
    assert.deepStrictEqual([...into], [...wanted])
  }
}, Effect.scoped)

describe("killed again and again, while the choice changes", () => {
  it.live.prop(
    "keeps what it stored, makes what was chosen, and ends with what is chosen last",
    [Shape, Schema.Array(Life).pipe(Schema.check(Schema.isBetweenLength(1, 5))), Bits],
    ([shape, lives, wanted]) =>
      Effect.gen(function* () {
        const made = make(shape)
        const folder = yield* temporary
        const stored = new Set<number>()
        const everChosen = new Set<number>()
        for (const { fatal, last, wanted } of lives) {
          const choice = choiceOf(made, wanted)
          for (const file of choice.files) everChosen.add(file)
          const mortal = mortalFs(fatal, last)
          const exit = yield* Effect.exit(
            live(made, choice, folder, stored).pipe(Effect.provide(HashedPieces.make(mortal.fs).layer)),
          )
          // It died, or came to its end before; whatever else went wrong is no death.
          if (mortal.calls() < fatal) assert.strictEqual(exit._tag, "Success", String(exit))
        }
        const choice = choiceOf(made, wanted)
        for (const file of choice.files) everChosen.add(file)
        const undisturbed = HashedPieces.make()
        yield* live(made, choice, folder, stored).pipe(Effect.provide(undisturbed.layer))
        for (const [file, { length, offset, padding, path }] of made.torrent.files.entries()) {
          if (padding) continue
          const at = Path.join(folder, ...path)
          if (choice.has(file)) {
            assert.deepStrictEqual([...Fs.readFileSync(at)], [...made.data.subarray(offset, offset + length)])
          } else if (!everChosen.has(file)) {
            assert.isFalse(Fs.existsSync(at) || Fs.existsSync(`${at}.part`), `${at} was made`)
          }
        }
      }).pipe(Effect.scoped),
    { arbitrary: { runs: 150 }, timeout: 120_000 },
  )

  /** What is there already, what is chosen now, and what in the end. */
  const changes: ReadonlyArray<readonly [before: ReadonlyArray<number>, now: ReadonlyArray<number>]> = [
    [[0], [0, 1, 2, 3, 4, 6, 7]],
    [[0], [1, 3]],
    [
      [3, 6],
      [2, 7],
    ],
    [
      [0, 3],
      [6, 1],
    ],
  ]
  it.live(
    "at each system call of a run that chooses otherwise",
    () =>
      Effect.gen(function* () {
        for (const [before, now] of changes) {
          const [first, second] = [before, now].map((files) => new FileChoice(album.torrent, files))
          const begun = Effect.gen(function* () {
            const folder = yield* temporary
            const stored = new Set<number>()
            yield* Effect.provide(live(album, first!, folder, stored), HashedPieces.make().layer)
            return { folder, stored }
          })
          const undisturbed = mortalFs()
          const { folder, stored } = yield* begun
          yield* Effect.provide(live(album, second!, folder, stored), HashedPieces.make(undisturbed.fs).layer)
          for (let fatal = 1; fatal <= undisturbed.calls(); fatal++) {
            for (const last of ["before", "half", "after"] as const) {
              yield* Effect.scoped(
                Effect.gen(function* () {
                  const { folder, stored } = yield* begun
                  const mortal = HashedPieces.make(mortalFs(fatal, last).fs).layer
                  yield* Effect.exit(Effect.provide(live(album, second!, folder, stored), mortal))
                  const all = new FileChoice(album.torrent, [0, 1, 2, 3, 4, 6, 7])
                  yield* Effect.provide(live(album, second!, folder, stored), HashedPieces.make().layer)
                  yield* Effect.provide(live(album, all, folder, stored), HashedPieces.make().layer)
                  for (const { length, offset, padding, path } of album.torrent.files) {
                    if (padding) continue
                    const there = Fs.readFileSync(Path.join(folder, ...path))
                    assert.isTrue(there.equals(album.data.subarray(offset, offset + length)), path.join("/"))
                  }
                  const left = (Fs.readdirSync(folder, { recursive: true }) as ReadonlyArray<string>).filter((name) =>
                    /\.unchoke|\.part$/.test(name),
                  )
                  assert.deepStrictEqual(left, [], `killed ${last} call ${fatal}`)
                }),
              )
            }
          }
        }
      }).pipe(Effect.scoped),
    180_000,
  )
})

/**
 * Any choices of files, one run after the other, each killed at one of its system calls: what was stored once is there in every later run, files that nobody chose are not
 * made, and the last choice ends with exactly its bytes.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { FileChoice, PieceStore } from "unchoke"
import { type Made, make, pieceOf, Shape } from "../compliance/TorrentOf.ts"
import * as HashedPieces from "./HashedPieces.ts"
import { mortalFs } from "./mortalFs.ts"

const Bits = Schema.Array(Schema.Boolean).pipe(Schema.check(Schema.isBetweenLength(1, 8)))

/** What a run wants, at which call it dies, and how. */
const Life = Schema.Struct({
  wanted: Bits,
  fatal: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 120 }))),
  last: Schema.Literals(["before", "half", "after"]),
})

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-choosing-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
)

const choiceOf = ({ torrent }: Made, wanted: ReadonlyArray<boolean>) =>
  new FileChoice(
    torrent,
    [...torrent.files.keys()].filter((file) => wanted[file % wanted.length]),
  )

/** From what is there to the end, or to its death. `stored` are the pieces that were stored before, and are now. */
const live = Effect.fnUntraced(function* (made: Made, choice: FileChoice, folder: string, stored: Set<number>) {
  const opened = yield* (yield* PieceStore).open(made.torrent, folder, { choice })
  const checked = yield* Stream.runCollect(opened.resume)
  const there = new Set(checked.flatMap(({ piece, present }) => (present ? [piece] : [])))
  for (const piece of stored) assert.isTrue(there.has(piece), `piece ${piece} would be fetched again`)
  yield* opened.prepare
  for (const { piece } of checked) {
    if (there.has(piece) || !choice.wants(piece)) continue
    const buffer = opened.lend()!
    buffer.set(pieceOf({ geometry: made.torrent.geometry, data: made.data }, piece))
    assert.strictEqual(yield* opened.write(piece, buffer), "stored")
    stored.add(piece)
  }
  for (const piece of stored) {
    const wanted = pieceOf({ geometry: made.torrent.geometry, data: made.data }, piece)
    const into = new Uint8Array(wanted.length)
    yield* opened.read(piece, 0, into)
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
    { arbitrary: { runs: 400 }, timeout: 120_000 },
  )
})

/**
 * Any choices, one run after the other, each moved to another folder when it is complete, each killed at one of the calls of the download or of the move: what was stored once is never fetched again, no move
 * puts a wrong byte under a final name, and the last choice ends there with exactly its bytes, and with nothing left behind.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, type Exit, Schema } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { FileChoice, PieceStore } from "@unchoke/engine"
import { moveContent, type MoveFs, whereToDownload } from "@unchoke/node/internal"
import { type Made, make, Shape } from "../compliance/TorrentOf.ts"
import * as HashedPieces from "./HashedPieces.ts"
import { album, Bits, choiceOf, fetchMissing, temporary } from "./lives.ts"
import { mortalFs } from "./mortalFs.ts"
import { type Disks, mortalMoves } from "./mortalMoves.ts"

const call = (maximum: number) => Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum })))

/** What a run wants, at which call of the download or of the move it dies, and how. */
const Life = Schema.Struct({
  wanted: Bits,
  fatal: call(400),
  fatalMove: call(25),
  last: Schema.Literals(["before", "half", "after"]),
})

interface Folders {
  readonly output: string
  readonly target: string
}

/** The files that are there by their names, and are not right. */
const wrongIn = ({ data, torrent }: Made, folder: string): ReadonlySet<string> =>
  new Set(
    torrent.files.flatMap(({ length, offset, padding, path }) => {
      const at = Path.join(folder, ...path)
      if (padding || !Fs.existsSync(at)) return []
      return Fs.readFileSync(at).equals(data.subarray(offset, offset + length)) ? [] : [path.join("/")]
    }),
  )

/** What was not right may be moved; nothing becomes wrong by it, whatever happens. */
const harmless = <A, E, R>(made: Made, { output, target }: Folders, move: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const before = new Set([...wrongIn(made, output), ...wrongIn(made, target)])
    return Effect.ensuring(
      move,
      Effect.sync(() => {
        for (const path of wrongIn(made, target)) assert.isTrue(before.has(path), `${path} is wrong by the move`)
      }),
    )
  })

const downloaded = Effect.fnUntraced(function* (made: Made, choice: FileChoice, folder: string, stored: Set<number>) {
  const opened = yield* (yield* PieceStore).open(made.torrent, folder, { choice })
  yield* opened.lock
  yield* fetchMissing(opened, made, choice, stored)
}, Effect.scoped)

/** As the command does it. */
const lived = Effect.fnUntraced(function* (
  made: Made,
  choice: FileChoice,
  folders: Folders,
  stored: Set<number>,
  fs: MoveFs,
) {
  const { output, target } = folders
  const folder = yield* harmless(made, folders, whereToDownload(made.torrent, output, target, fs))
  yield* downloaded(made, choice, folder, stored)
  if (folder !== target) yield* harmless(made, folders, moveContent(made.torrent, output, target, { fs }))
})

/** That something is not as it should be is no death. */
const notUntrue = (exit: Exit.Exit<unknown, unknown>) => {
  const reasons = exit._tag === "Failure" ? exit.cause.reasons : []
  for (const reason of reasons)
    if (Cause.isDieReason(reason) && /Assertion/.test(String(reason.defect))) throw reason.defect
}

const everything = (folder: string): ReadonlyArray<string> =>
  Fs.existsSync(folder)
    ? Fs.readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => Path.relative(folder, Path.join(entry.parentPath, entry.name)))
    : []

const inFolders = Effect.map(temporary, (root) => ({
  output: Path.join(root, "incomplete"),
  target: Path.join(root, "done"),
}))

/** The last run, which nothing disturbs. */
const ended = Effect.fnUntraced(function* (
  made: Made,
  choice: FileChoice,
  folders: Folders,
  stored: Set<number>,
  disks: Disks,
) {
  yield* Effect.provide(lived(made, choice, folders, stored, mortalMoves(disks).fs), HashedPieces.make().layer)
  const { data, torrent } = made
  for (const [file, { length, offset, padding, path }] of torrent.files.entries()) {
    if (padding || !choice.has(file)) continue
    const there = Fs.readFileSync(Path.join(folders.target, ...path))
    assert.isTrue(there.equals(data.subarray(offset, offset + length)), path.join("/"))
  }
  // What we made and were killed before we could remember it may be anybody's.
  const wrong = wrongIn(made, folders.output)
  assert.deepStrictEqual(
    everything(folders.output).filter((path) => !path.endsWith(".part") && !wrong.has(path)),
    [],
  )
  assert.deepStrictEqual(
    everything(folders.target).filter((path) => /\.moving$|\.lock/.test(path)),
    [],
  )
})

const disks: ReadonlyArray<Disks> = ["one", "two", "one without links", "two without links"]

describe.each(disks)("killed again and again while it is moved, disks: %s", (disks) => {
  it.live.prop(
    "keeps what it stored, and ends where it was to be moved to",
    [Shape, Schema.Array(Life).pipe(Schema.check(Schema.isBetweenLength(1, 5))), Bits],
    ([shape, lives, wanted]) =>
      Effect.gen(function* () {
        const made = make(shape)
        const folders = yield* inFolders
        const stored = new Set<number>()
        for (const { fatal, fatalMove, last, wanted } of lives) {
          const mortal = mortalFs(fatal, last)
          const moves = mortalMoves(disks, fatalMove, last)
          const exit = yield* Effect.exit(
            lived(made, choiceOf(made, wanted), folders, stored, moves.fs).pipe(
              Effect.provide(HashedPieces.make(mortal.fs).layer),
            ),
          )
          // It died, or came to its end before; whatever else went wrong is no death.
          if (mortal.calls() < fatal && moves.calls() < fatalMove)
            assert.strictEqual(exit._tag, "Success", String(exit))
          notUntrue(exit)
        }
        yield* ended(made, choiceOf(made, wanted), folders, stored, disks)
        yield* ended(made, choiceOf(made, [true]), folders, stored, disks)
      }).pipe(Effect.scoped),
    { arbitrary: { runs: 100 }, timeout: 120_000 },
  )

  it.live(
    "at each call of a move",
    () =>
      Effect.gen(function* () {
        const first = new FileChoice(album.torrent, [0, 3])
        const undisturbed = mortalMoves(disks)
        const begun = <E, R>(fs: MoveFs, then: (folders: Folders, stored: Set<number>) => Effect.Effect<void, E, R>) =>
          Effect.gen(function* () {
            const folders = yield* inFolders
            const stored = new Set<number>()
            const exit = yield* Effect.exit(
              Effect.provide(lived(album, first, folders, stored, fs), HashedPieces.make().layer),
            )
            notUntrue(exit)
            yield* then(folders, stored)
          }).pipe(Effect.scoped)
        yield* begun(undisturbed.fs, () => Effect.void)
        assert.isAbove(undisturbed.calls(), 10)
        for (let fatal = 1; fatal <= undisturbed.calls(); fatal++) {
          for (const last of ["before", "half", "after"] as const) {
            yield* begun(mortalMoves(disks, fatal, last).fs, (folders, stored) =>
              Effect.gen(function* () {
                for (const files of [
                  [0, 3],
                  [0, 2, 6],
                  [0, 1, 2, 3, 4, 6, 7],
                ]) {
                  yield* ended(album, new FileChoice(album.torrent, files), folders, stored, disks)
                }
                assert.isFalse(everything(folders.target).some((path) => /\.unchoke|\.part$/.test(path)))
              }),
            )
          }
        }
      }),
    60_000,
  )
})

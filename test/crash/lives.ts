/** What the runs have in common that fetch some files of a torrent, one after the other, and may die. */
import { assert } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { FileChoice, type StoredTorrent } from "@unchoke/engine"
import { type Made, make, pieceOf } from "../compliance/TorrentOf.ts"

/** Which files are wanted, again and again in this pattern. */
export const Bits = Schema.Array(Schema.Boolean).pipe(Schema.check(Schema.isBetweenLength(1, 8)))

export const choiceOf = ({ torrent }: Made, wanted: ReadonlyArray<boolean>): FileChoice =>
  new FileChoice(
    torrent,
    [...torrent.files.keys()].filter((file) => wanted[file % wanted.length]),
  )

const file = (length: number, folder = 0, padding = false) => ({ length, folder, padding })

/** Files of all lengths, with pieces across their borders. */
export const album = make({
  pieceLength: 1000,
  files: [file(2500), file(300, 1), file(200, 1), file(3400, 1), file(0), file(600, 0, true), file(1700), file(40)],
})

/** A folder of its own, until the scope ends. */
export const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-crash-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
)

/** Stores what is missing of the choice. `stored` are the pieces that were stored before, and are now: they are there. */
export const fetchMissing = Effect.fnUntraced(function* (
  opened: StoredTorrent,
  { data, torrent }: Made,
  choice: FileChoice,
  stored: Set<number>,
) {
  const checked = yield* Stream.runCollect(opened.resume)
  const there = new Set(checked.flatMap(({ piece, present }) => (present ? [piece] : [])))
  for (const piece of stored) assert.isTrue(there.has(piece), `piece ${piece} would be fetched again`)
  yield* opened.prepare
  for (const { piece } of checked) {
    if (there.has(piece) || !choice.wants(piece)) continue
    const buffer = opened.lend()!
    buffer.set(pieceOf({ geometry: torrent.geometry, data }, piece))
    assert.strictEqual(yield* opened.write(piece, buffer), "stored")
    stored.add(piece)
  }
})

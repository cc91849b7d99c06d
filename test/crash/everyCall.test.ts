/**
 * The process dies at each of its system calls in turn, before it, in the middle of it and after it: what is found afterwards is exactly what is on the
 * disk, nearly nothing of it by reading it again, and the download goes on to its end from there.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { PieceStore, type StoredTorrent } from "@unchoke/engine"
import { type Made, make, pieceOf } from "../compliance/TorrentOf.ts"
import * as HashedPieces from "./HashedPieces.ts"
import { type LastCall, mortalFs } from "./mortalFs.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-calls-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
)

const file = (length: number, folder = 0, padding = false) => ({ length, padding, folder })

/** What may be there before a download begins. */
type Scene = (made: Made, folder: string) => void

/** Some of the first file, as another program left it: under its own name, or under two. */
const left =
  (links: number): Scene =>
  ({ data, torrent }, folder) => {
    const [{ length, path }] = torrent.files as [Made["torrent"]["files"][number]]
    const at = Path.join(folder, ...path)
    Fs.mkdirSync(Path.dirname(at), { recursive: true })
    Fs.writeFileSync(at, data.subarray(0, length - 1500))
    if (links > 1) Fs.linkSync(at, Path.join(folder, "another"))
  }

/** With how many calls each is tried at most, evenly spread; and what is there before. */
const torrents: ReadonlyArray<readonly [name: string, most: number, made: Made, scene?: Scene]> = [
  ["one file", 400, make({ pieceLength: 1000, files: [file(23_456)] })],
  ["what another program began", 400, make({ pieceLength: 1000, files: [file(23_456)] }), left(1)],
  ["what has another name as well", 400, make({ pieceLength: 1000, files: [file(23_456)] }), left(2)],
  [
    "many files, padding among them",
    400,
    make({
      pieceLength: 64,
      files: [
        file(100, 1),
        file(30, 2),
        file(0, 1),
        file(62, 0, true),
        ...Array.from({ length: 12 }, () => file(50, 2)),
        file(700),
      ],
    }),
  ],
  [
    "more files than are created at once",
    6,
    make({ pieceLength: 64, files: Array.from({ length: 1040 }, () => file(3, 1)) }),
  ],
]

/** What `write` is given at once: every third piece, then the others, one to three at a time. */
const groups = (pieces: number): ReadonlyArray<ReadonlyArray<number>> => {
  const all = Array.from({ length: pieces }, (_, piece) => piece)
  const order = [...all.filter((piece) => piece % 3 === 0), ...all.filter((piece) => piece % 3 !== 0)]
  const found: Array<ReadonlyArray<number>> = []
  for (let size = 1; order.length > 0; size = (size % 3) + 1) found.push(order.splice(0, size))
  return found
}

const look = (stored: StoredTorrent) =>
  Effect.map(Stream.runCollect(stored.resume), (checked) => checked.map(({ present }) => present))

const put = Effect.fnUntraced(function* (stored: StoredTorrent, { data, torrent }: Made, piece: number) {
  const buffer = stored.lend()!
  buffer.set(pieceOf({ geometry: torrent.geometry, data }, piece))
  assert.strictEqual(yield* stored.write(piece, buffer), "stored")
})

/** One life of a download: from what is there to the end, or to its death. Adds the pieces that were reported as stored. */
const live = Effect.fnUntraced(function* (made: Made, folder: string, reported: Set<number>) {
  const stored = yield* (yield* PieceStore).open(made.torrent, folder)
  const there = yield* look(stored)
  yield* stored.prepare
  for (const group of groups(there.length)) {
    const due = group.filter((piece) => !there[piece])
    yield* Effect.forEach(
      due,
      (piece) => Effect.tap(put(stored, made, piece), () => Effect.sync(() => reported.add(piece))),
      { concurrency: "unbounded", discard: true },
    )
  }
}, Effect.scoped)

const read = (path: string) => (Fs.existsSync(path) ? Fs.readFileSync(path) : undefined)

/** Files that have their name before they are complete, though they need more than one piece. */
const early = ({ data, torrent }: Made, folder: string): ReadonlyArray<string> =>
  torrent.files.flatMap(({ length, offset, padding, path }) => {
    const { pieceLength } = torrent.geometry
    const divided = Math.floor(offset / pieceLength) !== Math.floor((offset + length - 1) / pieceLength)
    const bytes = padding || !divided ? undefined : read(Path.join(folder, ...path))
    return bytes === undefined || bytes.equals(data.subarray(offset, offset + length)) ? [] : [path.join("/")]
  })

/** The pieces that are on the disk, byte for byte. */
const truth = ({ data, torrent }: Made, folder: string): ReadonlyArray<boolean> => {
  const there = new Uint8Array(data.length)
  for (const { length, offset, padding, path } of torrent.files) {
    if (padding) continue
    const at = Path.join(folder, ...path)
    const own = read(at)
    there.set((own ?? read(`${at}.part`) ?? Buffer.alloc(0)).subarray(0, length), offset)
  }
  return Array.from({ length: torrent.geometry.pieces }, (_, piece) => {
    const wanted = pieceOf({ geometry: torrent.geometry, data }, piece)
    return Buffer.compare(wanted, pieceOf({ geometry: torrent.geometry, data: there }, piece)) === 0
  })
}

const remains = (folder: string) =>
  (Fs.readdirSync(folder, { recursive: true }) as ReadonlyArray<string>).filter((name) =>
    /\.unchoke|\.part$/.test(name),
  )

describe("killed at each of its system calls", () => {
  for (const [name, most, made, scene] of torrents) {
    it.live(
      name,
      () =>
        Effect.gen(function* () {
          const undisturbed = mortalFs()
          const prepared = Effect.tap(temporary, (folder) => Effect.sync(() => scene?.(made, folder)))
          yield* live(made, yield* prepared, new Set()).pipe(Effect.provide(HashedPieces.make(undisturbed.fs).layer))
          const calls = undisturbed.calls()
          assert.isAbove(calls, scene === undefined ? made.torrent.geometry.pieces : 10)
          const step = Math.ceil(calls / most)

          let believed = 0
          let reread = 0
          const die = Effect.fnUntraced(function* (at: number, last: LastCall) {
            const folder = yield* prepared
            const another = read(Path.join(folder, "another"))
            const reported = new Set<number>()
            const mortal = mortalFs(at, last)
            yield* Effect.exit(live(made, folder, reported).pipe(Effect.provide(HashedPieces.make(mortal.fs).layer)))
            const right = truth(made, folder)
            if (scene === undefined) assert.deepStrictEqual(early(made, folder), [])
            for (const piece of reported) assert.isTrue(right[piece], `piece ${piece} was reported as stored`)

            const next = HashedPieces.make(Fs)
            const stored = yield* Effect.provide(
              Effect.flatMap(PieceStore, ({ open }) => open(made.torrent, folder)),
              next.layer,
            )
            assert.deepStrictEqual(yield* look(stored), right)
            believed += reported.size
            reread += next.hashed.filter((piece) => reported.has(piece)).length

            yield* live(made, folder, new Set()).pipe(Effect.provide(next.layer))
            assert.isTrue(truth(made, folder).every((right) => right))
            assert.deepStrictEqual(remains(folder), [])
            assert.deepStrictEqual(early(made, folder), [])
            assert.deepStrictEqual(read(Path.join(folder, "another")), another)
          }, Effect.scoped)
          for (let at = 1; at <= calls; at += step) {
            for (const last of ["before", "half", "after"] as const) yield* die(at, last)
          }
          // Not none: on a busy machine a write comes late enough for its file to look changed by others.
          if (scene === undefined) assert.isBelow(reread, believed / 5)
        }).pipe(Effect.scoped),
      120_000,
    )
  }
})

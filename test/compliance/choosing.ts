/** What the `PieceStore` port promises of files that are not chosen, as tests: every adapter passes them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { FileChoice, type StoredTorrent } from "@unchoke/engine"
import type { Disk, StoreAdapter } from "./StoreAdapter.ts"
import { type Made, make, pieceOf, Shape } from "./TorrentOf.ts"

const Bits = Schema.Array(Schema.Boolean).pipe(Schema.check(Schema.isBetweenLength(1, 12)))

/** A run of a download: which files it wants, and which of their pieces arrive; whether it looks at all that is there. */
const Run = Schema.Struct({ wanted: Bits, arrives: Bits, checks: Schema.Boolean })
const Runs = Schema.Array(Run).pipe(Schema.check(Schema.isBetweenLength(1, 4)))

const at = (bits: ReadonlyArray<boolean>, index: number): boolean => bits[index % bits.length]!

const choiceOf = ({ torrent }: Made, wanted: ReadonlyArray<boolean>) =>
  new FileChoice(
    torrent,
    [...torrent.files.keys()].filter((file) => at(wanted, file)),
  )

/** Runs the suite on one adapter. */
export const choosingCompliance = (name: string, adapter: StoreAdapter): void => {
  describe(`${name}, with files that are not chosen`, () => {
    it.live.prop(
      "any choices one after the other: what is stored stays, files that nobody chose are not made, chosen ones are whole as soon as they can be",
      [Shape, Runs],
      ([shape, runs]) =>
        Effect.scoped(
          Effect.gen(function* () {
            const made = make(shape)
            const { disk, folder, store } = yield* adapter.make
            const pieces = [...Array(made.torrent.geometry.pieces).keys()]
            const stored = new Set(pieces.filter((piece) => isPadding(made, piece)))
            const everChosen = new Set<number>()
            for (const run of [...runs, { wanted: [true], arrives: [true], checks: false }]) {
              const choice = choiceOf(made, run.wanted)
              for (const file of choice.files) everChosen.add(file)
              yield* Effect.scoped(
                Effect.gen(function* () {
                  const opened = yield* store.open(made.torrent, folder, { choice })
                  assert.deepStrictEqual(
                    yield* presence(run.checks ? opened.check : opened.resume),
                    has(pieces, stored),
                  )
                  yield* readsRight(opened, made, stored)
                  yield* opened.prepare
                  yield* readsRight(opened, made, stored)
                  for (const piece of pieces) {
                    if (stored.has(piece) || !choice.wants(piece) || !at(run.arrives, piece)) continue
                    yield* put(opened, made, piece)
                    stored.add(piece)
                  }
                  yield* readsRight(opened, made, stored)
                }),
              )
              // Where nothing was stored, nothing is left, nor remembered.
              const anyStored = [...stored].some((piece) => !isPadding(made, piece))
              assertChosen(disk, made, choice, stored, anyStored)
              for (const [file, { padding, path }] of made.torrent.files.entries()) {
                if (padding || everChosen.has(file)) continue
                assert.isUndefined(disk.get(path), `${path.join("/")} was made`)
                assert.isUndefined(disk.get(unfinished(path)), `${path.join("/")} was begun`)
              }
              const seeding = yield* store.open(made.torrent, folder)
              const found = yield* seeding.found
              if (anyStored && stored.size < pieces.length) {
                assert.deepStrictEqual(
                  found.map(({ chosen }, file) => chosen || made.torrent.files[file]!.padding),
                  made.torrent.files.map(({ padding }, file) => padding || choice.has(file)),
                )
              }
              assert.deepStrictEqual(yield* presence(seeding.check), has(pieces, stored))
              yield* readsRight(seeding, made, stored)
            }
            assert.deepStrictEqual(
              disk.list().filter((path) => path.includes(".unchoke")),
              [],
              "nothing is left beside what is whole",
            )
          }),
        ),
      { arbitrary: { runs: adapter.runs } },
    )

    const album = make({
      pieceLength: 50,
      files: [
        { length: 120, padding: false, folder: 0 },
        { length: 20, padding: false, folder: 1 },
        { length: 130, padding: false, folder: 1 },
        { length: 0, padding: false, folder: 0 },
      ],
    })
    const [long, short, last, empty] = album.torrent.files.map(({ path }) => path)
    const all = [0, 1, 2, 3, 4, 5]

    it.live("what is somebody else's in the place of a file that is not chosen stays, and is in nobody's way", () =>
      Effect.gen(function* () {
        for (const theirs of [short!, last!, empty!]) {
          const { disk, folder, store } = yield* adapter.make
          const choice = new FileChoice(album.torrent, [0])
          disk.put(theirs, Buffer.from("somebody else's"))
          for (const life of [0, 1]) {
            yield* Effect.scoped(
              Effect.gen(function* () {
                const opened = yield* store.open(album.torrent, folder, { choice })
                const there = yield* presence(opened.resume)
                assert.deepStrictEqual(there, has(all, new Set(life === 0 ? [] : [0, 1, 2])))
                yield* opened.claim
                yield* opened.prepare
                for (const piece of [0, 1, 2]) if (life === 0) yield* put(opened, album, piece)
                yield* readsRight(opened, album, new Set([0, 1, 2]))
              }),
            )
            assert.strictEqual(Buffer.from(disk.get(theirs)!).toString(), "somebody else's")
            assertChosen(disk, album, choice, new Set([0, 1, 2]))
          }
          // Chosen, it is in the way.
          yield* Effect.scoped(
            Effect.gen(function* () {
              const whole = yield* store.open(album.torrent, folder)
              assert.deepStrictEqual(yield* presence(whole.resume), has(all, new Set([0, 1, 2])))
              assert.deepInclude(yield* Effect.flip(whole.prepare), { reason: "not this torrent's" })
            }),
          )
          yield* Effect.scoped(
            Effect.gen(function* () {
              const forced = yield* store.open(album.torrent, folder, { overwrite: true })
              assert.deepStrictEqual(yield* presence(forced.resume), has(all, new Set([0, 1, 2])))
              yield* forced.prepare
              yield* readsRight(forced, album, new Set([0, 1, 2]))
              for (const piece of [3, 4, 5]) yield* put(forced, album, piece)
            }),
          )
          assertChosen(disk, album, new FileChoice(album.torrent, [0, 1, 2, 3]), new Set(all))
        }
      }),
    )

    it.live("a file of zeros is nobody's: it gives way to what was kept of the file", () =>
      Effect.gen(function* () {
        for (const place of [short!, unfinished(last!)]) {
          const { disk, folder, store } = yield* adapter.make
          disk.put(place, new Uint8Array(20))
          const stored = new Set<number>()
          for (const [files, pieces] of [
            [[0], [0, 1, 2]],
            [
              [0, 1, 2, 3],
              [3, 4, 5],
            ],
          ] as const) {
            yield* Effect.scoped(
              Effect.gen(function* () {
                const opened = yield* store.open(album.torrent, folder, {
                  choice: new FileChoice(album.torrent, files),
                })
                assert.deepStrictEqual(yield* presence(opened.resume), has(all, stored))
                yield* opened.prepare
                yield* readsRight(opened, album, stored)
                for (const piece of pieces) {
                  yield* put(opened, album, piece)
                  stored.add(piece)
                }
              }),
            )
          }
          assertChosen(disk, album, new FileChoice(album.torrent, [0, 1, 2, 3]), stored)
        }
      }),
    )

    it.live("a file that is chosen no longer stays as it is, finished or not, and goes on in its place", () =>
      Effect.gen(function* () {
        const { disk, folder, store } = yield* adapter.make
        /** Of each run which files it wants, and which pieces come. */
        const runs = [
          { files: [1, 2], pieces: [3] },
          { files: [0], pieces: [2, 0] },
          { files: [1], pieces: [] },
          { files: [0], pieces: [1] },
        ]
        const stored = new Set<number>()
        for (const { files, pieces } of runs) {
          yield* Effect.scoped(
            Effect.gen(function* () {
              const choice = new FileChoice(album.torrent, files)
              const opened = yield* store.open(album.torrent, folder, { choice })
              assert.deepStrictEqual(yield* presence(opened.resume), has(all, stored))
              yield* opened.prepare
              for (const piece of pieces) {
                yield* put(opened, album, piece)
                stored.add(piece)
              }
              yield* readsRight(opened, album, stored)
            }),
          )
          // Chosen by the first run alone: 10 bytes of it came with the second, and went to their place.
          const begun = disk.get(unfinished(last!))
          assert.strictEqual(begun?.length, 130)
          const there = stored.has(2) ? 0 : 10
          assert.deepStrictEqual([...begun!.subarray(there, 60)], [...album.data.subarray(140 + there, 200)])
        }
        assert.deepStrictEqual([...disk.get(long!)!], [...album.data.subarray(0, 120)])
        assert.deepStrictEqual([...disk.get(short!)!], [...album.data.subarray(120, 140)])
      }),
    )

    it.live("links that are not chosen are not made", () =>
      Effect.gen(function* () {
        const { disk, folder, store } = yield* adapter.make
        const link = (name: string) => ({
          path: [album.torrent.name, name],
          link: long!,
          offset: album.data.length,
          length: 0,
          padding: false,
        })
        const torrent = { ...album.torrent, files: [...album.torrent.files, link("wanted"), link("unwanted")] }
        const opened = yield* store.open(torrent, folder, { choice: new FileChoice(torrent, [0, 4]) })
        yield* presence(opened.check)
        yield* opened.prepare
        for (const piece of [0, 1, 2]) yield* put(opened, album, piece)
        assert.deepStrictEqual(yield* opened.link, [])
        assert.strictEqual(disk.link([album.torrent.name, "wanted"]), long!.join("/"))
        assert.isUndefined(disk.link([album.torrent.name, "unwanted"]))
      }).pipe(Effect.scoped),
    )
  })
}

/** A chosen file is there under its name exactly when all its pieces are, and of an unfinished one what is there is right. */
const assertChosen = (disk: Disk, made: Made, choice: FileChoice, stored: ReadonlySet<number>, anyStored = true) => {
  for (const file of choice.files) {
    const { length, offset, path } = made.torrent.files[file]!
    if (length === 0 && !anyStored) continue
    const content = made.data.subarray(offset, offset + length)
    const isWhole = piecesOf(made, file).every((piece) => stored.has(piece))
    const own = disk.get(path)
    assert.deepStrictEqual(own && [...own], isWhole ? [...content] : undefined, path.join("/"))
    if (isWhole) assert.isUndefined(disk.get(unfinished(path)))
  }
}

const piecesOf = ({ torrent }: Made, file: number): ReadonlyArray<number> => {
  const { length, offset } = torrent.files[file]!
  const { pieceLength, pieces } = torrent.geometry
  return [...Array(pieces).keys()].filter(
    (piece) => length > 0 && piece * pieceLength < offset + length && (piece + 1) * pieceLength > offset,
  )
}

const isPadding = (made: Made, piece: number): boolean =>
  made.torrent.files.every(({ padding }, file) => padding || !piecesOf(made, file).includes(piece))

const has = (pieces: ReadonlyArray<number>, stored: ReadonlySet<number>) => pieces.map((piece) => stored.has(piece))

const unfinished = (path: ReadonlyArray<string>) => [...path.slice(0, -1), `${path.at(-1)}.part`]

const presence = (look: StoredTorrent["check"]) =>
  Effect.map(Stream.runCollect(look), (checked) => checked.map(({ present }) => present))

/** Each run of pieces that are stored, at once. */
const readsRight = Effect.fnUntraced(function* (opened: StoredTorrent, made: Made, stored: ReadonlySet<number>) {
  const { geometry } = made.torrent
  for (let first = 0; first < geometry.pieces; first++) {
    let end = first
    while (stored.has(end)) end++
    if (end === first) continue
    const start = first * geometry.pieceLength
    const into = new Uint8Array(Math.min(end * geometry.pieceLength, geometry.length) - start)
    yield* opened.read(first, 0, [into])
    assert.deepStrictEqual([...into], [...made.data.subarray(start, start + into.length)], `pieces ${first} to ${end}`)
    first = end
  }
})

const put = Effect.fnUntraced(function* (opened: StoredTorrent, made: Made, piece: number) {
  const lent = opened.lend()!
  lent.set(pieceOf({ geometry: made.torrent.geometry, data: made.data }, piece))
  assert.strictEqual(yield* opened.write(piece, lent), "stored")
})

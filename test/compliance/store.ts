/** The contract of the `PieceStore` port, as tests: every adapter passes them. */
import { assert, describe, it } from "@effect/vitest"
import { Geometry } from "@unchoke/protocol"
import { Effect, Fiber, Option, Result, Schema, Stream } from "effect"
import type { StoredTorrent } from "@unchoke/engine"
import type { Disk, StoreAdapter } from "./StoreAdapter.ts"
import { type Made, make, pieceOf, Shape } from "./TorrentOf.ts"

/** What happens to a piece: nothing, or it arrives right, or damaged. */
const Fate = Schema.Literals(["absent", "right", "damaged"])
type Fate = typeof Fate.Type
const Fates = Schema.Array(Fate).pipe(Schema.check(Schema.isBetweenLength(1, 30)))

const plain: Shape = {
  pieceLength: 50,
  files: [
    { length: 120, padding: false, folder: 0 },
    { length: 0, padding: false, folder: 1 },
    { length: 30, padding: true, folder: 0 },
    { length: 90, padding: false, folder: 2 },
  ],
}

/** What arrives lies in its files, and nothing else does. */
const storesExactly = (adapter: StoreAdapter, shape: Shape, fates: ReadonlyArray<Fate>, order: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const made = make(shape)
      const { disk, folder, store } = yield* adapter.make
      const disked = new Uint8Array(made.data.length)
      const arrived = new Set<number>()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const stored = yield* store.open(made.torrent, folder)
          yield* stored.prepare
          for (const piece of shuffled(made.torrent.geometry.pieces, order)) {
            const fate = fates[piece % fates.length]!
            if (fate === "absent") continue
            const verdict = yield* put(stored, made, piece, fate === "damaged")
            assert.strictEqual(verdict, fate === "right" ? "stored" : "corrupt")
            if (fate !== "right") continue
            pieceIn(made, disked, piece).set(pieceOf(slice(made), piece))
            arrived.add(piece)
          }
        }),
      )
      assertFiles(disk, made, disked, arrived)
      const again = yield* store.open(made.torrent, folder)
      assert.deepStrictEqual(yield* presence(again.check), expected(made, disked))
    }),
  )

/** Runs the suite on one adapter. */
export const storeCompliance = (name: string, adapter: StoreAdapter): void => {
  describe(`${name}, as a piece store`, () => {
    it.live.prop(
      "stores exactly the right pieces, in any order; opened again, it finds exactly what is there",
      [Shape, Fates, Schema.Int],
      ([shape, fates, order]) => storesExactly(adapter, shape, fates, order),
      { arbitrary: { runs: adapter.runs } },
    )

    it.live("of padding and a file of nothing, nothing is left when what arrives is damaged", () => {
      const files = [
        { length: 1, padding: true, folder: 0 },
        { length: 0, padding: false, folder: 0 },
      ]
      return storesExactly(adapter, { pieceLength: 1, files }, ["damaged"], 0)
    })

    it.live.prop(
      "where no piece has become right, nothing is left of what was not there before",
      [Shape, Schema.Array(Schema.Literals(["absent", "damaged"])).pipe(Schema.check(Schema.isBetweenLength(1, 30)))],
      ([shape, fates]) =>
        Effect.scoped(
          Effect.gen(function* () {
            const made = make(shape)
            const { disk, folder, store } = yield* adapter.make
            const before = disk.list()
            yield* Effect.scoped(
              Effect.gen(function* () {
                const stored = yield* store.open(made.torrent, folder)
                const right = yield* presence(stored.check)
                // What is padding or nothing at all is right from the beginning.
                if (right.length === 0 || right.some((present) => present)) return
                yield* stored.prepare
                for (let piece = 0; piece < made.torrent.geometry.pieces; piece++) {
                  if (fates[piece % fates.length] === "damaged") yield* put(stored, made, piece, true)
                }
              }),
            )
            assert.deepStrictEqual(disk.list(), before)
          }),
        ),
      { arbitrary: { runs: adapter.runs } },
    )

    it.live.prop(
      "finds what others left on the disk: whole, cut short, damaged or missing",
      [
        Shape,
        Schema.Array(Schema.Literals(["whole", "short", "long", "damaged", "missing"])).pipe(
          Schema.check(Schema.isNonEmpty()),
        ),
      ],
      ([shape, fates]) =>
        Effect.scoped(
          Effect.gen(function* () {
            const made = make(shape)
            const { disk, folder, store } = yield* adapter.make
            const there: Array<number> = Array.from(made.data)
            made.torrent.files.forEach((file, index) => {
              if (file.padding) return
              const bytes = made.data.slice(file.offset, file.offset + file.length)
              const fate = fates[index % fates.length]!
              const cut = fate === "short" ? file.length >> 1 : fate === "missing" ? 0 : file.length
              if (fate === "damaged" && bytes.length > 0) bytes[bytes.length >> 1]! ^= 0xff
              if (fate === "long") disk.put(file.path, Buffer.concat([bytes, Buffer.from("more")]))
              else if (fate !== "missing") disk.put(file.path, bytes.slice(0, cut))
              for (let at = 0; at < file.length; at++) there[file.offset + at] = at < cut ? bytes[at]! : -1
            })
            const before = contents(disk, made)
            const right = expected(made, there)
            const foreign = foreignFiles(made, disk, right)
            const claimed = yield* Effect.scoped(
              Effect.gen(function* () {
                const stored = yield* store.open(made.torrent, folder)
                assert.deepStrictEqual(yield* presence(stored.check), right)
                assert.deepStrictEqual(contents(disk, made), before, "looking creates nothing")
                return yield* Effect.result(stored.claim)
              }),
            )
            assert.deepStrictEqual(contents(disk, made), before, "claiming changes nothing")
            if (Result.isFailure(claimed)) {
              assert.strictEqual(claimed.failure.reason, "not this torrent's")
              const bytes = disk.get(foreign[0] ?? [])
              assert.strictEqual(claimed.failure.size, bytes?.length)
              assert.isTrue(claimed.failure.path.endsWith(foreign[0]!.join("/")))
            } else assert.deepStrictEqual(foreign, [])
            // A file that shares all its pieces is found out later.
            const doubtful = made.torrent.files.some(({ length, path }) => disk.get(path)?.length === length)
            const stored = yield* store.open(made.torrent, folder, { overwrite: foreign.length > 0 || doubtful })
            yield* presence(stored.check)
            yield* stored.prepare
            assert.deepStrictEqual(yield* presence(stored.check), right, "preparing harms nothing")
            for (const [index, { length, path }] of made.torrent.files.entries()) {
              if (!foreign.includes(path) || length === 0) continue
              assert.deepStrictEqual(disk.get(path), before.bytes[index], "what is replaced stays until then")
            }
            for (let piece = 0; piece < right.length; piece++) if (!right[piece]) yield* put(stored, made, piece, false)
            assertFiles(disk, made, made.data)
          }),
        ),
      { arbitrary: { runs: adapter.runs } },
    )

    it.live.prop(
      "remembers what it stored, piece for piece, and believes nothing of files that others changed since",
      [
        Shape,
        Fates,
        Schema.Array(Schema.Literals(["same", "damaged", "short", "long", "missing", "touched"])).pipe(
          Schema.check(Schema.isNonEmpty()),
        ),
      ],
      ([shape, fates, changes]) =>
        Effect.scoped(
          Effect.gen(function* () {
            const made = make(shape)
            const { disk, folder, store } = yield* adapter.make
            const there: Array<number> = Array.from(made.data, () => 0)
            const lives = [0, 1]
            for (const life of lives) {
              yield* Effect.scoped(
                Effect.gen(function* () {
                  const stored = yield* store.open(made.torrent, folder)
                  const before = disk.list()
                  assert.deepStrictEqual(yield* presence(stored.resume), expected(made, there))
                  assert.deepStrictEqual(disk.list(), before, "looking creates nothing")
                  yield* stored.prepare
                  for (let piece = life; piece < made.torrent.geometry.pieces; piece += lives.length) {
                    const fate = fates[piece % fates.length]!
                    if (fate === "absent") continue
                    yield* put(stored, made, piece, fate === "damaged")
                    if (fate === "right") {
                      const right = pieceOf(slice(made), piece)
                      there.splice(right.byteOffset - made.data.byteOffset, right.length, ...right)
                    }
                  }
                }),
              )
            }
            // So long that no change can be taken for our own last write.
            yield* Effect.sleep(25)
            made.torrent.files.forEach((file, index) => {
              if (file.padding) return
              const place = disk.get(file.path) === undefined ? unfinished(file.path) : file.path
              const bytes = disk.get(place)?.slice()
              const change = changes[index % changes.length]!
              if (bytes === undefined || bytes.length === 0 || change === "same") return
              if (change === "damaged") bytes[bytes.length >> 1]! ^= 0xff
              const cut = change === "short" ? file.length >> 1 : change === "missing" ? 0 : file.length
              if (change === "long") disk.put(place, Buffer.concat([bytes, Buffer.from("more")]))
              else disk.put(place, bytes.slice(0, cut))
              for (let at = 0; at < file.length; at++) there[file.offset + at] = at < cut ? bytes[at]! : -1
            })
            const again = yield* store.open(made.torrent, folder)
            assert.deepStrictEqual(yield* presence(again.resume), expected(made, there))
            assert.deepStrictEqual(yield* presence(again.check), expected(made, there))
          }),
        ),
      { arbitrary: { runs: adapter.runs } },
    )

    const album = make({
      pieceLength: 50,
      files: [
        { length: 20, padding: false, folder: 0 },
        { length: 20, padding: false, folder: 0 },
        { length: 120, padding: false, folder: 1 },
        { length: 0, padding: false, folder: 0 },
      ],
    })
    const [one, two, long, empty] = album.torrent.files.map(({ path }) => path)
    const refused = { reason: "not this torrent's" } as const

    it.live.prop(
      "reads any of what it has stored, while more is written, under unfinished names and others, and of what it found",
      [Shape, Fates, Schema.Int, Schema.Array(Schema.Int).pipe(Schema.check(Schema.isNonEmpty()))],
      ([shape, fates, order, places]) =>
        Effect.scoped(
          Effect.gen(function* () {
            const made = make(shape)
            const { geometry } = made.torrent
            const { disk, folder, store } = yield* adapter.make
            const has = new Set<number>()
            const readAll = Effect.fnUntraced(function* (stored: StoredTorrent) {
              for (const [turn, place] of places.entries()) {
                const range = someRange(made, has, place, turn)
                if (range === undefined) continue
                const into = new Uint8Array(range.length + 2).fill(0xee)
                // Where it goes may be in parts.
                const cuts = [
                  1,
                  ...[place, turn].map((cut) => 1 + (Math.abs(cut) % range.length)).toSorted((a, b) => a - b),
                  -1,
                ]
                const parts = cuts.slice(1).map((end, index) => into.subarray(cuts[index], end))
                yield* stored.read(range.piece, range.begin, parts)
                const start = range.piece * geometry.pieceLength + range.begin
                assert.deepStrictEqual(
                  [...into],
                  [0xee, ...made.data.subarray(start, start + range.length), 0xee],
                  `${range.length} bytes from ${range.begin} of piece ${range.piece}`,
                )
              }
            })
            yield* Effect.scoped(
              Effect.gen(function* () {
                const stored = yield* store.open(made.torrent, folder)
                yield* presence(stored.check)
                yield* stored.prepare
                const writes = shuffled(geometry.pieces, order).filter(
                  (piece) => fates[piece % fates.length] === "right",
                )
                for (const piece of writes) {
                  const writing = yield* Effect.forkChild(put(stored, made, piece, false))
                  yield* readAll(stored)
                  yield* Fiber.join(writing)
                  has.add(piece)
                }
                yield* readAll(stored)
              }),
            )
            const before = disk.list()
            const again = yield* store.open(made.torrent, folder)
            yield* presence(again.check)
            yield* readAll(again)
            assert.deepStrictEqual(disk.list(), before, "reading creates nothing")
          }),
        ),
      { arbitrary: { runs: adapter.runs } },
    )

    it.live("a file that is gone or was cut is named, and the others are read", () =>
      Effect.gen(function* () {
        for (const [fate, reason] of [
          ["gone", "not found"],
          ["cut", "changed"],
        ] as const) {
          for (const opened of [false, true]) {
            const { disk, folder, store } = yield* adapter.make
            for (const { length, offset, path } of album.torrent.files) {
              disk.put(path, album.data.slice(offset, offset + length))
            }
            yield* Effect.scoped(
              Effect.gen(function* () {
                const stored = yield* store.open(album.torrent, folder)
                yield* presence(stored.check)
                const [whole, into] = [new Uint8Array(album.data.length), new Uint8Array(70)]
                if (opened) yield* stored.read(0, 0, [whole])
                if (fate === "gone") disk.remove(long!)
                else disk.put(long!, album.data.slice(40, 60))
                const error = yield* Effect.flip(stored.read(1, 10, [into]))
                assert.deepInclude(error, { _tag: "StorageError", reason })
                assert.isTrue(error.path.endsWith(long!.join("/")), error.path)
                yield* stored.read(0, 5, [into.subarray(0, 30)])
                assert.deepStrictEqual([...into.subarray(0, 30)], [...album.data.subarray(5, 35)])
              }),
            )
          }
        }
      }),
    )

    it.live("what is not the torrent's is refused before anything is changed, however long it is", () =>
      Effect.gen(function* () {
        for (const [path, bytes] of [
          [long!, Buffer.from("something else")],
          [long!, Buffer.alloc(500, "x")],
          [long!, Buffer.alloc(120, "x")],
          [empty!, Buffer.from("mine")],
          [one!, Buffer.alloc(21, "x")],
        ] as const) {
          const { disk, folder, store } = yield* adapter.make
          disk.put(path, bytes)
          const before = disk.list()
          for (const overwrite of [false, undefined]) {
            yield* Effect.scoped(
              Effect.gen(function* () {
                const stored = yield* store.open(album.torrent, folder, { overwrite })
                yield* presence(stored.check)
                assert.deepInclude(yield* Effect.flip(stored.claim), { ...refused, size: bytes.length })
                assert.deepInclude(yield* Effect.flip(stored.prepare), refused)
              }),
            )
          }
          assert.deepStrictEqual([...disk.get(path)!], [...bytes])
          assert.deepStrictEqual(disk.list(), before)
        }
      }),
    )

    it.live("what only others could prove wrong is compared, and not written to when it is not the torrent's", () =>
      Effect.gen(function* () {
        for (const mine of [false, true]) {
          const { disk, folder, store } = yield* adapter.make
          const bytes = album.data.slice(20, 40)
          if (mine) bytes.fill(7)
          disk.put(two!, bytes)
          const stored = yield* store.open(album.torrent, folder)
          yield* presence(stored.check)
          yield* stored.prepare
          const verdict = yield* Effect.result(put(stored, album, 0, false))
          if (mine) assert.deepInclude(Result.getFailure(verdict).pipe(Option.getOrThrow), { ...refused, size: 20 })
          else assert.deepStrictEqual(Result.getOrThrow(verdict), "stored")
          assert.deepStrictEqual([...disk.get(two!)!], [...bytes])
        }
      }),
    )

    it.live("a file of zeros is nobody's, and a part of the torrent's is", () =>
      Effect.gen(function* () {
        const { disk, folder, store } = yield* adapter.make
        disk.put(one!, new Uint8Array(20))
        disk.put(long!, Buffer.concat([album.data.subarray(40, 110), Buffer.alloc(200, "x")]))
        const stored = yield* store.open(album.torrent, folder)
        const there = yield* presence(stored.check)
        assert.deepStrictEqual(there, [false, true, false, false])
        yield* stored.prepare
        for (const piece of [0, 2, 3]) yield* put(stored, album, piece, false)
        assertFiles(disk, album, album.data)
      }),
    )

    it.live("one at a time, until the scope ends", () =>
      Effect.gen(function* () {
        const { folder, store } = yield* adapter.make
        yield* Effect.scoped(
          Effect.gen(function* () {
            const first = yield* store.open(album.torrent, folder)
            yield* first.lock
            yield* first.lock
            const second = yield* store.open(album.torrent, folder)
            assert.deepInclude(yield* Effect.flip(second.lock), { reason: "in use", holder: process.pid })
            assert.deepInclude(yield* Effect.flip(second.prepare), { reason: "in use" })
            yield* presence(second.check)
            yield* first.prepare
          }),
        )
        const third = yield* store.open(album.torrent, folder)
        yield* third.prepare
      }),
    )

    it.live("links are made last, inside the torrent, where nothing is", () =>
      Effect.gen(function* () {
        const { disk, folder, store } = yield* adapter.make
        const root = album.torrent.name
        const linked = (path: ReadonlyArray<string>, link: ReadonlyArray<string>) => ({
          path: [root, ...path],
          link,
          offset: album.data.length,
          length: 0,
          padding: false,
        })
        const files = [
          ...album.torrent.files,
          linked(["deep", "er", "link"], one!),
          linked(["taken"], one!),
          linked(["out"], []),
        ]
        const torrent = { ...album.torrent, files }
        disk.put([root, "taken"], Buffer.from("mine"))
        const stored = yield* store.open(torrent, folder)
        yield* presence(stored.check)
        yield* stored.prepare
        for (let piece = 0; piece < 4; piece++) yield* put(stored, album, piece, false)
        for (let time = 0; time < 2; time++) {
          const left = yield* stored.link
          assert.deepStrictEqual(
            left.map(({ path, why }) => [path.split("/").at(-1), why]),
            [
              ["taken", "something else is there"],
              ["out", "it leads out of the torrent"],
            ],
          )
          assert.strictEqual(disk.link([root, "deep", "er", "link"]), one!.join("/"))
        }
        const found = yield* stored.found
        assert.deepStrictEqual(
          found.slice(-3).map(({ linked }) => linked),
          [true, false, false],
        )
        assert.strictEqual(Buffer.from(disk.get([root, "taken"])!).toString(), "mine")
        assertFiles(disk, album, album.data)
      }),
    )

    it.live("looking at what does not exist creates nothing, and tells all pieces in order", () =>
      Effect.gen(function* () {
        const made = make(plain)
        const { disk, folder, store } = yield* adapter.make
        const stored = yield* store.open(made.torrent, folder)
        const checked = yield* Stream.runCollect(stored.check)
        assert.deepStrictEqual(
          checked,
          [0, 1, 2, 3, 4].map((piece) => ({ piece, present: false })),
        )
        assert.deepStrictEqual(disk.list(), [])
      }),
    )

    it.live("lends a bounded number of buffers that hold a piece, and takes them back", () =>
      Effect.gen(function* () {
        const made = make(plain)
        const { folder, store } = yield* adapter.make
        const stored = yield* store.open(made.torrent, folder)
        const lendAll = () => {
          const buffers: Array<Uint8Array> = []
          for (let next = stored.lend(); next !== undefined && buffers.length < 10_000; next = stored.lend())
            buffers.push(next)
          return buffers
        }
        const all = lendAll()
        assert.isAtLeast(all.length, 1)
        assert.isBelow(all.length, 10_000)
        assert.isTrue(all.every((buffer) => buffer.length >= made.torrent.geometry.pieceLength))
        all.forEach((buffer, index) => buffer.fill(index))
        assert.isTrue(
          all.every((buffer, index) => buffer.every((byte) => byte === index)),
          "no two share a byte",
        )
        assert.isUndefined(stored.lend())
        stored.giveBack(all[0]!)
        const [again, ...others] = lendAll()
        assert.isDefined(again)
        assert.lengthOf(others, 0)
        stored.giveBack(again!)
        for (const buffer of all.slice(1)) stored.giveBack(buffer)
        assert.lengthOf(lendAll(), all.length)
      }),
    )

    it.live("a write gives its buffer back, whatever becomes of it and whether or not it is waited for", () =>
      Effect.gen(function* () {
        const made = make(plain)
        const { folder, store } = yield* adapter.make
        const stored = yield* store.open(made.torrent, folder)
        yield* stored.prepare
        for (let round = 0; round < 200; round++) {
          const writing = yield* Effect.forkChild(put(stored, made, round % 5, round % 3 === 0))
          if (round % 4 === 0) yield* Fiber.interrupt(writing)
          else yield* Fiber.join(writing)
        }
        yield* buffer(stored)
      }),
    )

    it.live("many pieces at once", () =>
      Effect.gen(function* () {
        const made = make({ pieceLength: 16, files: [{ length: 16 * 500 + 3, padding: false, folder: 0 }] })
        const { disk, folder, store } = yield* adapter.make
        const stored = yield* store.open(made.torrent, folder)
        yield* stored.prepare
        const pieces = shuffled(made.torrent.geometry.pieces, 5)
        const verdicts = yield* Effect.forEach(pieces, (piece) => put(stored, made, piece, false), { concurrency: 64 })
        assert.isTrue(verdicts.every((verdict) => verdict === "stored"))
        assertFiles(disk, made, made.data)
      }),
    )
  })
}

/** Waits for a buffer when all are out, as the engine does. */
const buffer = (stored: StoredTorrent): Effect.Effect<Uint8Array> =>
  Effect.suspend(() => {
    const lent = stored.lend()
    return lent === undefined ? Effect.andThen(Effect.sleep(1), buffer(stored)) : Effect.succeed(lent)
  })

const put = Effect.fnUntraced(function* (stored: StoredTorrent, made: Made, piece: number, damaged: boolean) {
  const lent = yield* buffer(stored)
  const bytes = pieceOf(slice(made), piece)
  lent.set(bytes)
  if (damaged) lent[bytes.length >> 1]! ^= 1
  return yield* stored.write(piece, lent)
})

const presence = (look: StoredTorrent["check"]) =>
  Effect.map(Stream.runCollect(look), (checked) => {
    assert.deepStrictEqual(
      checked.map(({ piece }) => piece),
      checked.map((_, index) => index),
    )
    return checked.map(({ present }) => present)
  })

/** The model: a piece is present when each of its bytes is. */
const expected = ({ data, torrent }: Made, there: ArrayLike<number>): ReadonlyArray<boolean> =>
  Array.from({ length: torrent.geometry.pieces }, (_, piece) => {
    const wanted = pieceOf({ geometry: torrent.geometry, data }, piece)
    const start = wanted.byteOffset - data.byteOffset
    return wanted.every((byte, index) => byte === there[start + index])
  })

/** A file is there under its name when all of it has arrived; until then under another, or not at all when one piece fills it, or nothing has arrived. */
const assertFiles = (disk: Disk, made: Made, data: Uint8Array, arrived?: ReadonlySet<number>) => {
  const nothing = arrived?.size === 0 && made.torrent.geometry.pieces > 0
  for (const [index, { length, offset, padding, path }] of made.torrent.files.entries()) {
    if (nothing) {
      for (const name of [path, unfinished(path)]) assert.isUndefined(disk.get(name), name.join("/"))
      continue
    }
    const pieces = piecesOf(made, index)
    const complete = pieces.every((piece) => arrived?.has(piece) ?? true)
    const content = [...data.subarray(offset, offset + length)]
    const [own, other] = [disk.get(path), disk.get(unfinished(path))]
    assert.deepStrictEqual(own && [...own], !padding && complete ? content : undefined, path.join("/"))
    assert.deepStrictEqual(other && [...other], !padding && !complete && pieces.length > 1 ? content : undefined)
  }
}

/** Bytes within a run of pieces that are there: from anywhere in a piece to anywhere in it or those behind it. */
const someRange = ({ torrent: { geometry } }: Made, has: ReadonlySet<number>, place: number, turn: number) => {
  const pieces = [...has]
  const piece = pieces[Math.abs(place) % pieces.length]
  if (piece === undefined) return undefined
  let end = piece
  while (has.has(end)) end++
  const size = Math.min(end * geometry.pieceLength, geometry.length) - piece * geometry.pieceLength
  const begin = Math.abs(place >> 3) % Geometry.pieceSize(geometry, piece)
  return { piece, begin, length: turn % 2 === 0 ? size - begin : 1 + (Math.abs(place >> 7) % (size - begin)) }
}

const unfinished = (path: ReadonlyArray<string>) => [...path.slice(0, -1), `${path.at(-1)}.part`]

const contents = (disk: Disk, { torrent }: Made) => ({
  list: disk.list(),
  bytes: torrent.files.map(({ path }) => disk.get(path)?.slice()),
})

/** The pieces that a file has bytes in. */
const piecesOf = ({ torrent }: Made, index: number): ReadonlyArray<number> => {
  const { length, offset } = torrent.files[index]!
  const { pieceLength } = torrent.geometry
  if (length === 0) return []
  const first = Math.floor(offset / pieceLength)
  return Array.from({ length: Math.ceil((offset + length) / pieceLength) - first }, (_, at) => first + at)
}

/** The model of whose a file is: not the torrent's when no piece in it is right, it has some byte that is not zero, and is not one that only others could prove wrong. */
const foreignFiles = (made: Made, disk: Disk, right: ReadonlyArray<boolean>): ReadonlyArray<ReadonlyArray<string>> => {
  const { files } = made.torrent
  const real = [...files.keys()].filter((index) => !files[index]!.padding)
  const isShared = (piece: number) => real.filter((index) => piecesOf(made, index).includes(piece)).length > 1
  return real.flatMap((index) => {
    const { length, path } = files[index]!
    const bytes = disk.get(path)
    const pieces = piecesOf(made, index)
    if (bytes === undefined || bytes.every((byte) => byte === 0) || pieces.some((piece) => right[piece])) return []
    return bytes.length === length && pieces.every(isShared) ? [] : [path]
  })
}

const slice = ({ data, torrent }: Made) => ({ geometry: torrent.geometry, data })

const pieceIn = ({ torrent }: Made, data: Uint8Array, piece: number) =>
  pieceOf({ geometry: torrent.geometry, data }, piece)

/** The same order for the same seed. */
const shuffled = (count: number, seed: number): ReadonlyArray<number> => {
  const order = Array.from({ length: count }, (_, index) => index)
  let state = seed | 1
  for (let i = count - 1; i > 0; i--) {
    state = Math.imul(state, 48_271) & 0x7fff_ffff
    const other = state % (i + 1)
    ;[order[i], order[other]] = [order[other]!, order[i]!]
  }
  return order
}

/** The contract of the `PieceStore` port, as tests: every adapter passes them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema, Stream } from "effect"
import type { StoredTorrent } from "unchoke"
import type { Disk, StoreAdapter } from "./StoreAdapter.ts"
import { type Made, make, pieceOf, Shape } from "./TorrentOf.ts"

/** What happens to a piece: nothing, or it arrives right, or damaged. */
const Fates = Schema.Array(Schema.Literals(["absent", "right", "damaged"])).pipe(
  Schema.check(Schema.isBetweenLength(1, 30)),
)

const plain: Shape = {
  pieceLength: 50,
  files: [
    { length: 120, padding: false, folder: 0 },
    { length: 0, padding: false, folder: 1 },
    { length: 30, padding: true, folder: 0 },
    { length: 90, padding: false, folder: 2 },
  ],
}

/** Runs the suite on one adapter. */
export const storeCompliance = (name: string, adapter: StoreAdapter): void => {
  describe(`${name}, as a piece store`, () => {
    it.live.prop(
      "stores exactly the right pieces, in any order; opened again, it finds exactly what is there",
      [Shape, Fates, Schema.Int],
      ([shape, fates, order]) =>
        Effect.scoped(
          Effect.gen(function* () {
            const made = make(shape)
            const { disk, folder, store } = yield* adapter.make
            const disked = new Uint8Array(made.data.length)
            yield* Effect.scoped(
              Effect.gen(function* () {
                const stored = yield* store.open(made.torrent, folder)
                yield* stored.prepare
                for (const piece of shuffled(made.torrent.geometry.pieces, order)) {
                  const fate = fates[piece % fates.length]!
                  if (fate === "absent") continue
                  const verdict = yield* put(stored, made, piece, fate === "damaged")
                  assert.strictEqual(verdict, fate === "right" ? "stored" : "corrupt")
                  if (fate === "right") pieceIn(made, disked, piece).set(pieceOf(slice(made), piece))
                }
              }),
            )
            assertFiles(disk, made, disked)
            const again = yield* store.open(made.torrent, folder)
            assert.deepStrictEqual(yield* presence(again.check), expected(made, disked))
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
            const before = disk.list()
            const stored = yield* store.open(made.torrent, folder)
            assert.deepStrictEqual(yield* presence(stored.check), expected(made, there))
            assert.deepStrictEqual(disk.list(), before, "looking creates nothing")
            yield* stored.prepare
            assert.deepStrictEqual(yield* presence(stored.check), expected(made, there), "preparing harms nothing")
            for (const file of made.torrent.files) {
              assert.strictEqual(disk.get(file.path)?.length, file.padding ? undefined : file.length)
            }
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
              const bytes = disk.get(file.path)?.slice()
              const change = changes[index % changes.length]!
              if (bytes === undefined || bytes.length === 0 || change === "same") return
              if (change === "damaged") bytes[bytes.length >> 1]! ^= 0xff
              const cut = change === "short" ? file.length >> 1 : change === "missing" ? 0 : file.length
              if (change === "long") disk.put(file.path, Buffer.concat([bytes, Buffer.from("more")]))
              else disk.put(file.path, bytes.slice(0, cut))
              for (let at = 0; at < file.length; at++) there[file.offset + at] = at < cut ? bytes[at]! : -1
            })
            const again = yield* store.open(made.torrent, folder)
            assert.deepStrictEqual(yield* presence(again.resume), expected(made, there))
            assert.deepStrictEqual(yield* presence(again.check), expected(made, there))
          }),
        ),
      { arbitrary: { runs: adapter.runs } },
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

const assertFiles = (disk: Disk, { torrent }: Made, data: Uint8Array) => {
  for (const { length, offset, padding, path } of torrent.files) {
    const bytes = disk.get(path)
    if (padding) assert.isUndefined(bytes)
    else assert.deepStrictEqual(bytes && [...bytes], [...data.subarray(offset, offset + length)])
  }
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

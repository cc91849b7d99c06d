import { assert, describe, it } from "@effect/vitest"
import { Geometry, PeerMessage } from "@unchoke/protocol"
import { Effect, Exit, Fiber, Latch, Schema, Scope } from "effect"
import { StorageError } from "@unchoke/engine"
import { Shelf, type ShelvedTorrent, type TorrentShelf, type Wanted } from "@unchoke/engine/internal"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const slab = 256 << 10
const block = 16 << 10
/** What a slab takes with the heads of its blocks. */
const memory = slab + 64 * 13

const Shape = Schema.Struct({
  pieceLength: Schema.Literals([900, 16_384, 40_000, 65_536, 131_072, 200_000, 262_144, 300_000, 600_000, 1 << 20]),
  length: within(1, 2_000_000),
  /** Which pieces are there, again and again. */
  stored: Schema.Array(Schema.Boolean).check(Schema.isBetweenLength(1, 9)),
})

/** What one peer is sent at a time, of so many bytes each at most, and how long that takes. */
const turnOf = (longest: number) =>
  Schema.Struct({
    places: Schema.Array(
      Schema.Struct({
        piece: within(0, 100_000),
        begin: within(0, 1 << 20),
        length: within(1, longest),
        /** So many whole blocks instead. */
        blocks: longest < block ? Schema.Literal(0) : within(0, 70),
      }),
    ).check(Schema.isBetweenLength(1, 8)),
    slowness: within(0, 6),
  })
const peersOf = (longest: number) =>
  Schema.Array(Schema.Array(turnOf(longest)).check(Schema.isBetweenLength(1, 6))).check(Schema.isBetweenLength(1, 5))
const Peers = peersOf(131_072)
type Turn = ReturnType<typeof turnOf>["Type"]

/** Who ask for less than a slab in all: a slab of which as much was sent as it holds gives up its place first. */
const Modest = peersOf(1000)

const byteAt = (at: number) => (at * 7 + (at >> 8) * 13 + (at >> 16) * 31) & 0xff

const data = Uint8Array.from({ length: 2_500_000 }, (_, at) => byteAt(at))

/** A torrent's disk, which fills a buffer with rubbish before it has the bytes, and takes its time. */
class World implements ShelvedTorrent {
  readonly geometry: Geometry.Geometry
  readonly isStored: (piece: number) => boolean
  /** Where each read began and ended in the torrent. */
  readonly reads: Array<readonly [number, number]> = []
  readonly broken = new Set<number>()
  /** Of what was told that the disk does not give it. */
  readonly failures: Array<number> = []
  delay: Effect.Effect<void> = Effect.yieldNow

  constructor(pieceLength: number, length: number, isStored: (piece: number) => boolean = () => true) {
    this.geometry = Geometry.make(pieceLength, length)
    this.isStored = isStored
  }

  readonly failed = (piece: number) => Effect.sync(() => void this.failures.push(piece))

  readonly read = (piece: number, begin: number, into: ReadonlyArray<Uint8Array>): Effect.Effect<void, StorageError> =>
    Effect.suspend(() => {
      const start = piece * this.geometry.pieceLength + begin
      const end = into.reduce((sum, part) => sum + part.length, start)
      assert.isAbove(end, start)
      assert.isAtMost(end, this.geometry.length)
      const last = Math.floor((end - 1) / this.geometry.pieceLength)
      const pieces = Array.from({ length: last - piece + 1 }, (_, next) => piece + next)
      for (const one of pieces) assert.isTrue(this.isStored(one), `piece ${one} is not there`)
      this.reads.push([start, end])
      for (const part of into) part.fill(0xdb)
      return Effect.flatMap(this.delay, () => {
        const broken = pieces.find((one) => this.broken.has(one))
        if (broken !== undefined) {
          return Effect.fail(new StorageError({ operation: "read", path: String(broken), reason: "changed" }))
        }
        let at = start
        for (const part of into) {
          part.set(data.subarray(at, at + part.length))
          at += part.length
        }
        return Effect.void
      })
    })

  rightBytes({ begin, length, piece }: Wanted): Uint8Array {
    const start = piece * this.geometry.pieceLength + begin
    return data.subarray(start, start + length)
  }

  /** As a peer reads it. */
  assertRight(wanted: ReadonlyArray<Wanted>, messages: ReadonlyArray<Uint8Array>): void {
    const stream = Buffer.concat(messages)
    let at = 0
    for (const one of wanted) {
      const length = stream.readUInt32BE(at)
      const said = PeerMessage.parse(stream.subarray(at + 4, at + 4 + length))
      assert.containsSubset(said, { _tag: "Piece", piece: one.piece, begin: one.begin })
      if (Buffer.compare(stream.subarray(at + 13, at + 4 + length), this.rightBytes(one)) !== 0) {
        assert.fail(`${one.length} bytes from ${one.begin} of piece ${one.piece} are others`)
      }
      at += 4 + length
    }
    assert.strictEqual(at, stream.length)
  }
}

const yields = (times: number): Effect.Effect<void> =>
  times === 0 ? Effect.void : Effect.andThen(Effect.yieldNow, yields(times - 1))

/** A turn's requests, all of them for what is there. */
const wantedOf = ({ geometry }: World, stored: ReadonlyArray<number>, { places }: Turn) =>
  places.flatMap(({ begin, blocks, length, piece }): ReadonlyArray<Wanted> => {
    const real = stored[piece % stored.length]!
    const size = Geometry.pieceSize(geometry, real)
    const from = begin % size
    if (blocks === 0) return [{ piece: real, begin: from, length: Math.min(length, size - from) }]
    const first = Math.floor(from / block)
    const count = Math.min(blocks, Geometry.blocksIn(geometry, real) - first)
    return Array.from({ length: count }, (_, next) => ({
      piece: real,
      begin: (first + next) * block,
      length: Geometry.blockLength(geometry, real, first + next),
    }))
  })

const worldOf = ({ length, pieceLength, stored }: typeof Shape.Type) => {
  const world = new World(pieceLength, length, (piece) => stored[piece % stored.length]!)
  const pieces = Array.from({ length: world.geometry.pieces }, (_, piece) => piece).filter(world.isStored)
  return { world, pieces }
}

const whole = (piece: number, length: number): Wanted => ({ piece, begin: 0, length })

/** The first blocks of a piece. */
const blocksOf = (piece: number, count: number): ReadonlyArray<Wanted> =>
  Array.from({ length: count }, (_, index) => ({ piece, begin: index * block, length: block }))

const half = (piece: number) => blocksOf(piece, slab / block / 2)

/** Whether they are views of a slab. */
const isLent = (messages: ReadonlyArray<Uint8Array>) => messages.every(({ buffer }) => buffer.byteLength === memory)

/** Holds blocks until it is let go. */
const hold = Effect.fnUntraced(function* (shelf: TorrentShelf, wanted: ReadonlyArray<Wanted>) {
  const got = yield* Latch.make()
  const go = yield* Latch.make()
  let messages: ReadonlyArray<Uint8Array> = []
  const fiber = yield* Effect.forkChild(
    shelf.use(wanted, (lent) => {
      messages = lent
      return Effect.andThen(got.open, go.await)
    }),
  )
  yield* got.await
  return { messages, fiber, end: Effect.andThen(go.open, Fiber.join(fiber)) }
})

describe("Shelf", () => {
  it.effect.prop(
    "whatever peers want, at once and one after the other: they get the torrent's bytes, which stay as long as they are lent, from little memory",
    [Shape, Peers],
    ([shape, peers]) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { pieces, world } = worldOf(shape)
          if (pieces.length === 0) return
          const most = 4
          const all = new Shelf(most)
          const shelf = yield* all.open(world)
          const serve = Effect.fnUntraced(function* (turn: Turn, next: Turn | undefined) {
            const wanted = wantedOf(world, pieces, turn)
            yield* shelf.use(
              wanted,
              (messages) =>
                Effect.gen(function* () {
                  world.assertRight(wanted, messages)
                  yield* yields(turn.slowness)
                  world.assertRight(wanted, messages)
                  assert.isAtMost(all.size, most * memory)
                }),
              next === undefined ? [] : wantedOf(world, pieces, next),
            )
          })
          yield* Effect.forEach(
            peers,
            (turns) => Effect.forEach(turns, (turn, index) => serve(turn, turns[index + 1])),
            { concurrency: "unbounded" },
          )
          // Nothing is lent any more: half of it can be.
          const first = whole(pieces[0]!, Math.min(block, Geometry.pieceSize(world.geometry, pieces[0]!)))
          assert.isTrue(yield* shelf.use([first], (messages) => Effect.succeed(isLent(messages))))
          assert.strictEqual(shelf.share, 2 * slab, "nothing is under way: half of it is for one")
        }),
      ),
    { arbitrary: { runs: 150 } },
  )

  it.effect.prop(
    "where there is room for all of it nothing is read twice, and what was read is had without an effect",
    [Shape, Modest],
    ([shape, peers]) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { pieces, world } = worldOf(shape)
          if (pieces.length === 0) return
          const shelf = yield* new Shelf(64).open(world)
          const turns = peers.flat().map((turn) => wantedOf(world, pieces, turn))
          yield* Effect.forEach(turns, (wanted) => shelf.use(wanted, () => Effect.void), { concurrency: 7 })
          const reads = world.reads.toSorted(([one], [other]) => one - other)
          for (const [index, [start]] of reads.entries()) if (index > 0) assert.isAtLeast(start, reads[index - 1]![1])
          for (const wanted of turns) {
            const lent = shelf.lend(wanted)
            world.assertRight(wanted, lent!.messages)
            lent!.giveBack()
            lent!.giveBack()
          }
          assert.lengthOf(world.reads, reads.length)
        }),
      ),
    { arbitrary: { runs: 100 } },
  )

  it.effect("reads a long piece by the slab, and short ones with those beside them that are there", () =>
    Effect.gen(function* () {
      const long = new World(600_000, 1_000_000)
      const shelf = yield* new Shelf().open(long)
      yield* shelf.use([{ piece: 0, begin: slab + 5, length: block }], () => Effect.void)
      yield* shelf.use([{ piece: 1, begin: slab, length: block }], () => Effect.void)
      assert.deepStrictEqual(long.reads, [
        [slab, 2 * slab],
        [600_000 + slab, 1_000_000],
      ])
      const missing = new Set([3, 10])
      const short = new World(block, block * 20 - 9, (piece) => !missing.has(piece))
      const other = yield* new Shelf().open(short)
      for (const piece of [5, 1, 17]) yield* other.use([whole(piece, 100)], () => Effect.void)
      assert.deepStrictEqual(short.reads, [
        [4 * block, 10 * block],
        [0, 3 * block],
        [16 * block, 20 * block - 9],
      ])
      missing.clear()
      assert.isUndefined(other.lend([whole(3, 1)]))
      yield* other.use([whole(3, block)], (messages) =>
        Effect.sync(() => other.lend([whole(2, 1), whole(3, 1)])!.messages.concat(messages)),
      )
      assert.deepStrictEqual(
        short.reads.slice(3),
        [[3 * block, 4 * block]],
        "what has come meanwhile, and nothing again",
      )
    }),
  )

  it.effect("what lies together is one read of a MiB at most, and one message", () =>
    Effect.gen(function* () {
      const world = new World(1 << 20, 2_500_000)
      const shelf = yield* new Shelf().open(world)
      const wanted = [...blocksOf(0, 64), ...blocksOf(1, 20)]
      const sent = yield* shelf.use(wanted, (messages) => Effect.succeed(messages.map(({ length }) => length)))
      const message = block + 13
      assert.deepStrictEqual(
        sent,
        [16, 16, 16, 16, 16, 4].map((blocks) => blocks * message),
      )
      assert.deepStrictEqual(world.reads, [
        [0, 1 << 20],
        [1 << 20, (1 << 20) + 2 * slab],
      ])
    }),
  )

  it.effect("a piece that the disk does not give spoils none of those that were read with it", () =>
    Effect.gen(function* () {
      const world = new World(slab, 8 * slab)
      const shelf = yield* new Shelf().open(world)
      world.broken.add(2)
      const wanted = [0, 1, 2, 3].map((piece) => whole(piece, block))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(shelf.use(wanted, () => Effect.void))))
      assert.deepStrictEqual(world.reads[0], [0, 4 * slab])
      assert.deepStrictEqual(world.failures, [2])
      yield* yields(9)
      const others = wanted.filter(({ piece }) => piece !== 2)
      yield* shelf.use(others, (messages) => Effect.sync(() => world.assertRight(others, messages)))
      assert.deepStrictEqual(world.failures, [2])
    }),
  )

  it.effect(
    "what is wanted next is read while it is waited for by nobody, and takes a quarter of the memory at most",
    () =>
      Effect.gen(function* () {
        const world = new World(slab, 9 * slab)
        const all = new Shelf(8)
        const shelf = yield* all.open(world)
        const [now, next] = [blocksOf(0, 1), [1, 2, 3, 4].map((piece) => whole(piece, block))]
        yield* shelf.use(now, () => Effect.void, next)
        yield* yields(9)
        assert.strictEqual(all.size, 3 * memory)
        const lent = shelf.lend(next.slice(0, 2))
        world.assertRight(next.slice(0, 2), lent!.messages)
        assert.isUndefined(shelf.lend(next.slice(2)))
        lent!.giveBack()
        yield* shelf.use(now, () => Effect.void, next.slice(2))
        yield* yields(9)
        assert.isDefined(shelf.lend(next.slice(2)), "those that were wanted make room for others")
        assert.strictEqual(all.size, 5 * memory)
      }),
  )

  it.effect("two that want the same at once have it from one read, though the first goes away", () =>
    Effect.gen(function* () {
      const world = new World(slab, 3 * slab)
      const gate = yield* Latch.make()
      world.delay = gate.await
      const shelf = yield* new Shelf(4).open(world)
      const wanted = [whole(0, block)]
      const first = yield* Effect.forkChild(shelf.use(wanted, () => Effect.die("nobody is there")))
      yield* Effect.yieldNow
      const second = yield* Effect.forkChild(
        shelf.use(wanted, (messages) => Effect.sync(() => world.assertRight(wanted, messages))),
      )
      yield* Effect.yieldNow
      yield* Fiber.interrupt(first)
      yield* gate.open
      yield* Fiber.join(second)
      assert.lengthOf(world.reads, 1)
      for (const piece of [1, 2])
        assert.isTrue(isLent((yield* hold(shelf, [whole(piece, block)])).messages), "nothing is lent")
    }),
  )

  it.effect("what is given back twice is still lent to others", () =>
    Effect.gen(function* () {
      const world = new World(slab, 9 * slab)
      const shelf = yield* new Shelf(4).open(world)
      const wanted = [whole(0, block)]
      yield* shelf.use(wanted, () => Effect.void)
      const [one, two] = [shelf.lend(wanted)!, shelf.lend(wanted)!]
      one.giveBack()
      one.giveBack()
      for (let piece = 1; piece < 9; piece++) yield* shelf.use([whole(piece, 1)], () => Effect.void)
      world.assertRight(wanted, two.messages)
    }),
  )

  it.effect("a slow read keeps its memory, and holds up no other", () =>
    Effect.gen(function* () {
      const world = new World(slab, 9 * slab)
      const gate = yield* Latch.make()
      const shelf = yield* new Shelf(8).open(world)
      world.delay = gate.await
      const wanted = half
      const slow = yield* Effect.forkChild(
        shelf.use(wanted(0), (blocks) => Effect.sync(() => world.assertRight(wanted(0), blocks))),
      )
      yield* Effect.yieldNow
      world.delay = Effect.void
      for (let piece = 1; piece < 9; piece++) yield* shelf.use(wanted(piece), () => Effect.void)
      yield* gate.open
      yield* Fiber.join(slow)
      for (let piece = 0; piece < 9; piece++) {
        const lent = shelf.lend(wanted(piece))
        if (lent !== undefined) world.assertRight(wanted(piece), lent.messages)
        lent?.giveBack()
      }
    }),
  )

  it.effect("an error goes to all who wait, is not kept, and is no neighbour's", () =>
    Effect.gen(function* () {
      const world = new World(block, 16 * block)
      const shelf = yield* new Shelf().open(world)
      world.broken.add(2)
      const ask = (piece: number) =>
        Effect.exit(shelf.use([whole(piece, block)], (blocks) => Effect.succeed(isLent(blocks))))
      const [good, bad, worse] = yield* Effect.all([ask(1), ask(2), ask(2)], { concurrency: 3 })
      assert.deepStrictEqual(good, Exit.succeed(true))
      for (const exit of [bad, worse]) {
        assert.deepInclude(yield* Effect.flip(exit), { _tag: "StorageError", path: "2", reason: "changed" })
      }
      const before = world.reads.length
      assert.isTrue(Exit.isFailure(yield* ask(2)))
      assert.isAbove(world.reads.length, before, "it is asked anew")
      assert.deepStrictEqual(world.failures, [2, 2], "and told each time, of no other piece")
      world.broken.clear()
      assert.deepStrictEqual(yield* ask(2), Exit.succeed(true))
      const dying = yield* new Shelf().open({ ...world, read: () => Effect.die("a bug") })
      assert.isTrue(Exit.hasDies(yield* Effect.exit(dying.use([whole(0, 1)], () => Effect.void))))
    }),
  )

  it.effect("who reads slowly keeps no more than half of it, and nobody from theirs", () =>
    Effect.gen(function* () {
      const pieces = 9
      const world = new World(slab, pieces * slab)
      const all = new Shelf(4)
      const shelf = yield* all.open(world)
      const slow = yield* Effect.forEach(
        Array.from({ length: pieces }, (_, piece) => piece),
        (piece) => hold(shelf, [whole(piece, block)]),
      )
      assert.deepStrictEqual(
        slow.map(({ messages }) => isLent(messages)),
        [true, true, ...Array.from({ length: 7 }, () => false)],
      )
      for (let round = 0; round < 3; round++) {
        for (let piece = 0; piece < pieces; piece++) {
          const wanted = [...half(piece), { piece, begin: slab - 9, length: 9 }]
          yield* shelf.use(wanted, (messages) => Effect.sync(() => world.assertRight(wanted, messages)))
          assert.isAtMost(all.size, 4 * memory)
        }
      }
      for (const [piece, { messages, end }] of slow.entries()) {
        world.assertRight([whole(piece, block)], messages)
        yield* end
      }
      assert.isTrue(yield* shelf.use([whole(5, block)], (blocks) => Effect.succeed(isLent(blocks))))
    }),
  )

  it.effect("what was cut off while it was sent is never overwritten, and does not count as lent", () =>
    Effect.gen(function* () {
      const world = new World(slab, 9 * slab)
      const shelf = yield* new Shelf(4).open(world)
      for (let round = 0; round < 3; round++) {
        const wanted = [whole(round, block)]
        const cut = yield* hold(shelf, wanted)
        assert.isTrue(isLent(cut.messages))
        yield* Fiber.interrupt(cut.fiber)
        for (let piece = 0; piece < 9; piece++) yield* shelf.use([whole(piece, block)], () => Effect.void)
        world.assertRight(wanted, cut.messages)
      }
    }),
  )

  it.effect("a torrent that ends leaves nothing, but what is lent stays, and others have their own", () =>
    Effect.gen(function* () {
      const all = new Shelf(4)
      const [one, two] = [new World(slab, 4 * slab), new World(block, 4 * slab)]
      const scope = yield* Scope.make()
      const first = yield* Scope.provide(all.open(one), scope)
      const second = yield* all.open(two)
      const wanted = half(1)
      const held = yield* hold(first, wanted)
      yield* first.use([whole(0, 5)], () => Effect.void)
      yield* second.use([whole(1, block)], (blocks) => Effect.sync(() => two.assertRight([whole(1, block)], blocks)))
      assert.strictEqual(all.size, 3 * memory)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(all.size, 2 * memory)
      for (let piece = 0; piece < 64; piece += 16) yield* second.use([whole(piece, 1)], () => Effect.void)
      one.assertRight(wanted, held.messages)
      yield* held.end
      assert.strictEqual(all.size, 3 * memory)
    }),
  )
})

/** Reading a torrent's files while it is downloaded, in whole swarms under virtual time. */
import { assert, describe, it } from "@effect/vitest"
import { Content, MemoryTracker, SimulatedSwarm } from "@unchoke/testkit"
import { Clock, Duration, Effect, Schema, Stream } from "effect"
import type { OpenTorrent } from "@unchoke/engine"

const { all, play } = SimulatedSwarm

const KiB = 1024
const pieceLength = 64 * KiB
const pieces = 48
const length = pieces * pieceLength
const { data } = Content.make({ files: length, pieceLength, announce: MemoryTracker.url })

const seconds = Effect.map(Clock.currentTimeMillis, (millis) => millis / 1000)

/** Seeds that give so much a second between them. */
const seeds = (count: number, rate: number): ReadonlyArray<SimulatedSwarm.PeerOptions> =>
  Array.from({ length: count }, () => ({ up: 8 * rate, delay: 20, has: all, options: { uploadLimit: rate / count } }))

/** Reads like a player: at `rate` bytes a second once it has begun. For how long it had to wait for the first bytes, and in all after that, in seconds. */
const watch = Effect.fnUntraced(function* (read: OpenTorrent["read"], offset: number, length: number, rate: number) {
  const asked = yield* seconds
  let first: number | undefined
  let stalled = 0
  let due = 0
  yield* Stream.runForEach(
    read(0, { offset, length }),
    Effect.fnUntraced(function* (bytes) {
      const now = yield* seconds
      if (first === undefined) {
        first = now - asked
        due = now
      }
      stalled += Math.max(0, now - due)
      due = Math.max(now, due) + bytes.length / rate
      // Half a second is kept ahead.
      yield* Effect.sleep(Duration.seconds(Math.max(0, due - now - 0.5)))
    }),
  )
  return { first: first!, stalled }
})

const Reads = Schema.Array(
  Schema.Struct({
    offset: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: length })),
    length: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 * pieceLength })),
    after: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5000 })),
    /** Leaves after so many bytes. */
    leaves: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 * pieceLength })),
  }),
).check(Schema.isMaxLength(6))

describe("reading while it is downloaded", () => {
  it.live.prop(
    "any ranges, at any time, left at any moment: the file's bytes, and the download completes",
    [Reads, Schema.Literals([1, 2, 4]), Schema.Literals([1, 4, 16])],
    ([reads, peers, buffers]) =>
      Effect.gen(function* () {
        let done = 0
        const outcome = yield* play({
          pieces,
          pieceLength,
          peers: [
            ...seeds(peers, 512 * KiB),
            {
              buffers,
              reads: (read) =>
                Effect.forEach(
                  reads,
                  Effect.fnUntraced(function* ({ after, leaves, length: wanted, offset }) {
                    const count = Math.min(wanted, length - offset)
                    yield* Effect.sleep(Duration.millis(after))
                    const got: Array<Uint8Array> = []
                    let sum = 0
                    yield* Stream.runForEachWhile(read(0, { offset, length: count }), (bytes) =>
                      Effect.sync(() => {
                        got.push(bytes)
                        sum += bytes.length
                        return sum < leaves
                      }),
                    )
                    if (leaves > count) assert.strictEqual(sum, count)
                    assert.isTrue(Buffer.concat(got).equals(data.subarray(offset, offset + sum)))
                    done++
                  }),
                  { concurrency: "unbounded", discard: true },
                ).pipe(Effect.orDie),
            },
          ],
        })
        assert.strictEqual(done, reads.length)
        const reader = outcome.peers.at(-1)!
        assert.strictEqual(reader.pieces.size, pieces)
        assert.strictEqual(reader.lent, 0)
        assert.strictEqual(reader.connections, 0)
      }),
    { arbitrary: { runs: 15 } },
  )

  /** Bytes a second of the film; those who give have twice as much between them. */
  const rate = 512 * KiB
  const film = { pieces: 64, pieceLength: 256 * KiB, network: { buffer: 16 * KiB } }
  const filmLength = film.pieces * film.pieceLength
  const pieceTime = film.pieceLength / (2 * rate)

  /** Somebody watches from the middle, when these have been asked for other things for a while. */
  const leaps = Effect.fnUntraced(function* (
    peers: ReadonlyArray<SimulatedSwarm.PeerOptions>,
    after = 3,
    beside: (read: OpenTorrent["read"]) => Effect.Effect<void> = () => Effect.void,
  ) {
    let seen: { readonly first: number; readonly stalled: number } | undefined
    const reads = (read: OpenTorrent["read"]) =>
      Effect.gen(function* () {
        yield* Effect.forkScoped(beside(read))
        yield* Effect.sleep(Duration.seconds(after))
        seen = yield* watch(read, filmLength / 2, filmLength / 4, rate)
      }).pipe(Effect.scoped, Effect.orDie)
    yield* play({ ...film, atMost: "2 minutes", peers: [...peers, { comes: "1 second", reads }] })
    assert.isAtMost(seen!.first, 2 * pieceTime)
    assert.strictEqual(seen!.stalled, 0)
  })

  it.live.each([1, 2, 4, 8])(
    "%i seeds of twice the rate: begins within two pieces' time, and never waits again",
    (count) => leaps(seeds(count, 2 * rate)),
  )

  /** Of the whole each has another share, and another way to us. */
  const unlike = (shares: ReadonlyArray<number>, rate: number): ReadonlyArray<SimulatedSwarm.PeerOptions> => {
    const sum = shares.reduce((sum, share) => sum + share, 0)
    return shares.map((share, nth) => ({
      up: 8 * rate,
      delay: 5 + ((nth * 17) % 60),
      has: all,
      options: { uploadLimit: Math.round((rate * share) / sum) },
    }))
  }

  it.live.each([
    [[1, 1, 1, 1, 1, 1, 1, 1], 0.7],
    [[1, 1, 1, 1, 1, 1, 1, 1], 3],
    [[5, 1, 2, 4, 1, 3, 5, 2], 3],
    [[20, 20, 1, 20, 1, 20], 3],
  ] as const)("seeds that give %j to each other, a leap after %d s: the same", ([shares, after]) =>
    leaps(unlike(shares, 2 * rate), after),
  )

  it.live("while somebody else is read ahead for, and takes nothing: the same", () =>
    leaps(seeds(8, 2 * rate), 3, (read) =>
      Effect.scoped(Effect.andThen(Stream.toPull(read(0)), (pull) => Effect.andThen(pull, Effect.never))).pipe(
        Effect.ignore,
      ),
    ),
  )

  it.live("beside peers that take a minute for a piece it never waits for these", () =>
    leaps([...seeds(2, 2 * rate), ...seeds(2, 8 * KiB)]),
  )

  it.live("who seeks is given that within a second, and who leaves is fetched for no more", () =>
    Effect.gen(function* () {
      const places = [0.7, 0.2, 0.9]
      const firsts: Array<number> = []
      const stored: Array<{ readonly piece: number; readonly time: number }> = []
      let left = Infinity
      yield* play({
        ...film,
        heard: (_, event, time) => {
          if (event._tag === "PieceStored") stored.push({ piece: event.piece, time })
        },
        peers: [
          ...seeds(4, 2 * rate),
          {
            reads: (read) =>
              Effect.gen(function* () {
                for (const place of places) {
                  yield* Effect.sleep(Duration.seconds(1))
                  const offset = Math.floor(place * film.pieces) * film.pieceLength
                  firsts.push((yield* watch(read, offset, film.pieceLength, rate)).first)
                }
                // Paused: what lies ahead is fetched on.
                const ahead = Effect.scoped(
                  Effect.andThen(Stream.toPull(read(0, { offset: filmLength / 2 })), (pull) =>
                    Effect.andThen(pull, Effect.sleep(Duration.seconds(1))),
                  ),
                )
                yield* Effect.ignore(ahead)
                left = yield* seconds
              }).pipe(Effect.orDie),
          },
        ],
      })
      for (const first of firsts) assert.isAtMost(first, 1)
      // Where all have everything the lowest go first, when nobody reads.
      const after = stored.filter(({ time }) => time > left + 2).map(({ piece }) => piece)
      assert.isAbove(after.length, 10)
      const lowest = after.slice(0, 5)
      assert.isTrue(
        lowest.every((piece) => piece < film.pieces / 2),
        lowest.join(),
      )
    }),
  )
})

describe("in order", () => {
  const course = Effect.fnUntraced(function* (sequential: boolean) {
    const order: Array<number> = []
    yield* play({
      pieces: 128,
      peers: [
        { up: 256 * KiB, down: 256 * KiB, delay: 20, has: all },
        ...[2, 3, 4].map((nth) => ({
          up: 64 * KiB,
          down: 64 * KiB,
          delay: 20,
          has: (piece: number) => piece % nth === 0,
          options: { uploadLimit: 64 * KiB, downloadLimit: 1 },
        })),
        { options: { sequential } },
      ],
      heard: (peer, event) => {
        if (peer === 4 && event._tag === "PieceStored") order.push(event.piece)
      },
      atMost: "5 minutes",
    })
    return Math.max(...order.map((piece, nth) => piece - nth))
  })

  it.live("pieces come as the data goes, as far as peers have them", () =>
    Effect.gen(function* () {
      assert.isAtMost(yield* course(true), 32)
      assert.isAbove(yield* course(false), 64)
    }),
  )
})

/** Reading a torrent's files while it is downloaded, in whole swarms under virtual time. */
import { assert, describe, it } from "@effect/vitest"
import { Content, MemoryTracker, SimulatedSwarm } from "@unchoke/testkit"
import { Clock, Duration, Effect, Schema, Stream } from "effect"
import type { OpenTorrent } from "unchoke"

const { all, play } = SimulatedSwarm

const KiB = 1024
const pieceLength = 64 * KiB
const pieces = 96
const length = pieces * pieceLength
const { data } = Content.make({ files: length, pieceLength, announce: MemoryTracker.url })

const seconds = Effect.map(Clock.currentTimeMillis, (millis) => millis / 1000)

/** Seeds that give so much a second between them. */
const seeds = (count: number, rate: number): ReadonlyArray<SimulatedSwarm.PeerOptions> =>
  Array.from({ length: count }, () => ({ up: rate / count, down: rate, delay: 20, has: all }))

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
    { arbitrary: { runs: 25 } },
  )

  it.live("seeds of twice the rate: begins within two pieces' time, and never waits", () =>
    Effect.gen(function* () {
      for (const count of [1, 4, 8]) {
        const rate = 128 * KiB
        let seen: { first: number; stalled: number } | undefined
        yield* play({
          pieces,
          pieceLength,
          network: { buffer: Number(process.env.BUF ?? 16384) },
          peers: [
            ...seeds(count, 2 * rate),
            {
              comes: 1,
              reads: (read) =>
                Effect.gen(function* () {
                  yield* Effect.sleep(Duration.seconds(3))
                  seen = yield* watch(read, length / 2, length / 2, rate)
                }).pipe(Effect.orDie),
            },
          ],
        })
        console.log(count, seen, pieceLength / (2 * rate))
      }
    }),
  )
})

/** Whole swarms of our own engines, in memory under virtual time: what they get done, held against what theory says could be done. */
import { assert, describe, it } from "@effect/vitest"
import { SimulatedSwarm } from "@unchoke/testkit"
import { Duration, Effect, Schema } from "effect"
import type { DownloadEvent } from "@unchoke/engine"

const { addressOf, all, play } = SimulatedSwarm
type Outcome = SimulatedSwarm.Outcome

const block = 16_384
const KiB = 1024

/** A delay of 20 ms to the middle of the network, as behind a cable modem. */
const peer = (up: number, options: Partial<SimulatedSwarm.PeerOptions> = {}): SimulatedSwarm.PeerOptions => ({
  up,
  down: 8 * up,
  delay: 20,
  ...options,
})
const seedOf = (up: number, options: Partial<SimulatedSwarm.PeerOptions> = {}) => peer(up, { has: all, ...options })
const times = <A>(count: number, make: (index: number) => A): ReadonlyArray<A> =>
  Array.from({ length: count }, (_, index) => make(index))

/** No swarm of `leechers`, in bytes a second each, can be done before: the seed has to send everything once, and all together everything to everybody. */
const fluidBound = (bytes: number, seed: number, leechers: ReadonlyArray<number>): number =>
  Math.max(bytes / seed, (leechers.length * bytes) / leechers.reduce((sum, up) => sum + up, seed))

const doneAt = ({ peers }: Outcome): ReadonlyArray<number> =>
  peers
    .slice(1)
    .map(({ done = Infinity }) => done)
    .toSorted((a, b) => a - b)

/** Nobody has left anything behind, and nobody's engine broke. */
const isClean = ({ peers }: Outcome) => {
  for (const [number, { connections, end, lent }] of peers.entries()) {
    assert.strictEqual(connections, 0, `connections of ${number}`)
    assert.strictEqual(lent, 0, `buffers of ${number}`)
    assert.notStrictEqual(end?._tag, "Failure", `${number} fails: ${String(end)}`)
  }
}

const against = Effect.fnUntraced(function* (
  rates: ReadonlyArray<number>,
  pieces: number,
  seed: number,
  up = 64 * KiB,
) {
  const outcome = yield* play({ pieces, seed, peers: [seedOf(up), ...rates.map((rate) => peer(rate))] })
  isClean(outcome)
  const bound = fluidBound(pieces * block, up, rates)
  const done = doneAt(outcome)
  return {
    median: done[done.length >> 1]! / bound,
    last: done.at(-1)! / bound,
    copies: outcome.copiesBeforeOne!,
    firstPiece: Math.max(...outcome.peers.slice(1).map(({ stored }) => stored[0] ?? Infinity)),
  }
})

describe("a swarm against theory", () => {
  it.live("one seed and twelve leechers of equal upload", () =>
    Effect.gen(function* () {
      const { copies, firstPiece, last, median } = yield* against(
        times(12, () => 64 * KiB),
        512,
        1,
      )
      assert.isAtMost(median, 1.25)
      assert.isAtMost(last, 1.5)
      assert.isAtMost(copies, 1.3)
      assert.isAtMost(firstPiece, 60)
    }),
  )

  it.live("a fifth fast, a fifth slow", () =>
    Effect.gen(function* () {
      const rates = times(10, (index) => 64 * KiB * (index % 5 === 0 ? 4 : index % 5 === 1 ? 0.25 : 1))
      const { copies, firstPiece, last, median } = yield* against(rates, 512, 2)
      assert.isAtMost(median, 1.25)
      assert.isAtMost(last, 1.5)
      assert.isAtMost(copies, 1.3)
      assert.isAtMost(firstPiece, 60)
    }),
  )

  it.live("who gives nothing is done later than those who give", () =>
    Effect.gen(function* () {
      const outcome = yield* play({
        pieces: 256,
        peers: [
          seedOf(128 * KiB),
          ...times(16, () => peer(64 * KiB)),
          ...times(4, () => peer(64 * KiB, { options: { uploadLimit: 0 } })),
        ],
      })
      isClean(outcome)
      const whenDone = outcome.peers.map(({ done = Infinity }) => done)
      const mean = (times: ReadonlyArray<number>) => times.reduce((sum, at) => sum + at, 0) / times.length
      assert.isAbove(mean(whenDone.slice(17)), 1.05 * mean(whenDone.slice(1, 17)))
    }),
  )

  it.live("the same seed makes the same swarm", () =>
    Effect.gen(function* () {
      const once = play({ pieces: 32, seed: 7, peers: [seedOf(64 * KiB), ...times(4, () => peer(64 * KiB))] })
      const [one, other] = [yield* once, yield* once]
      assert.deepStrictEqual(
        one.peers.map(({ stored }) => stored),
        other.peers.map(({ stored }) => stored),
      )
    }),
  )
})

describe("a swarm", () => {
  const Parts = Schema.Struct({
    seed: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 })),
    peers: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 7 })),
    pieces: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 })),
    blocks: Schema.Literals([1, 3]),
  })

  it.live.prop(
    "without a seed is complete when it has one copy between its peers",
    [Parts],
    ([{ blocks, peers, pieces, seed }]) =>
      Effect.gen(function* () {
        // Each piece is with one of them, and with some of the others too.
        const has = (number: number) => (piece: number) =>
          (piece * 7 + seed) % peers === number || (piece * 31 + number * 17 + seed) % 5 === 0
        const outcome = yield* play({
          pieces,
          pieceLength: blocks * block,
          seed,
          atMost: "10 minutes",
          peers: times(peers, (number) => peer(128 * KiB, { has: has(number) })),
        })
        isClean(outcome)
        for (const { pieces: stored } of outcome.peers) assert.strictEqual(stored.size, pieces)
      }),
    { arbitrary: { runs: 25 }, timeout: 120_000 },
  )

  it.live("that lacks a piece says so, and goes on when a seed comes", () =>
    Effect.gen(function* () {
      const heard: Array<readonly [time: number, event: DownloadEvent]> = []
      const outcome = yield* play({
        pieces: 16,
        tracker: { interval: Duration.seconds(30) },
        peers: [
          seedOf(256 * KiB, { comes: "2 minutes" }),
          ...times(3, () => peer(256 * KiB, { has: (piece) => piece !== 5 && piece !== 9 })),
        ],
        atMost: "400 seconds",
        heard: (number, event, time) => {
          if (number === 1) heard.push([time, event])
        },
      })
      isClean(outcome)
      const before = heard.filter(([time]) => time < 120).map(([, event]) => event)
      assert.isTrue(before.some((event) => event._tag === "Copies" && event.lacking === 2 && event.pieces.includes(9)))
      assert.isTrue(before.some((event) => event._tag === "Waiting" && event.lacking === 2))
      for (const { pieces } of outcome.peers) assert.strictEqual(pieces.size, 16)
      assert.isBelow(doneAt(outcome).at(-1)!, 180)
    }),
  )

  it.live("that lacks a piece, and that nobody can come to, has no suitable peer", () =>
    Effect.gen(function* () {
      const outcome = yield* play({
        pieces: 16,
        atMost: "15 minutes",
        peers: [
          peer(256 * KiB, { options: { trackers: false, peers: [addressOf(1)] } }),
          peer(256 * KiB, { has: (piece) => piece !== 5, options: { trackers: false, peers: [addressOf(0)] } }),
        ],
      })
      for (const { end, lent, connections } of outcome.peers) {
        assert.strictEqual(end?._tag, "Failure")
        assert.match(String(end), /NoSuitablePeer/)
        assert.strictEqual(connections, 0)
        assert.strictEqual(lent, 0)
      }
    }),
  )

  it.live("whose peers come and go for an hour leaves nothing behind", () =>
    Effect.gen(function* () {
      const visitors = times(120, (index) =>
        peer(64 * KiB, { comes: Duration.seconds(30 * index), goes: Duration.seconds(30 * index + 5 + (index % 20)) }),
      )
      const outcome = yield* play({
        pieces: 64,
        tracker: { interval: Duration.minutes(2) },
        peers: [seedOf(32 * KiB), peer(1 * KiB), ...visitors],
      })
      isClean(outcome)
      assert.isTrue(outcome.peers.slice(2).some(({ stored }) => stored.length > 0))
      const open = new Set<string>()
      for (const { event, peer } of outcome.announces) {
        if (event === "started") open.add(String(peer.address))
        if (event === "stopped") open.delete(String(peer.address))
      }
      assert.isAtMost(open.size, 0)
    }),
  )
})

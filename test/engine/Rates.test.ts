import { settle } from "@unchoke/testkit"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { Schema } from "effect"
import { TestClock } from "effect/testing"
import { Gate, Line, Rate, type Turn } from "@unchoke/engine/internal"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const KiB = 1024

/** So many bytes passed, and when. */
interface Passed {
  readonly at: number
  readonly bytes: number
  readonly link: number
  readonly torrent: number
}

/** The most and the least that passed in any ten seconds of these. */
const inTenSeconds = (passed: ReadonlyArray<Passed>, until: number) => {
  const sum = (from: number) =>
    passed.reduce((sum, { at, bytes }) => (at >= from && at < from + 10_000 ? sum + bytes : sum), 0)
  const sums = passed.filter(({ at }) => at + 10_000 <= until).flatMap(({ at }) => [sum(at), sum(at + 0.001)])
  return { most: Math.max(...sums), least: Math.min(...sums) }
}

/** Links that always want their turn, and a timer that is late by so many milliseconds, each time another number. */
const insatiable = (
  shared: Rate,
  torrents: ReadonlyArray<Rate>,
  links: ReadonlyArray<{ readonly torrent: number; readonly bytes: number }>,
  lateness: ReadonlyArray<number>,
  until: number,
): ReadonlyArray<Passed> => {
  const line = new Line(shared)
  const passed: Array<Passed> = []
  let now = 0
  const enter = (link: number) => {
    const { bytes, torrent } = links[link]!
    const turn: Turn = {
      own: torrents[torrent]!,
      bytes,
      go: () => {
        passed.push({ at: now, bytes, link, torrent })
        enter(link)
      },
    }
    line.enter(turn)
  }
  for (let link = 0; link < links.length; link++) enter(link)
  for (let turn = 0; now < until; turn++) {
    const wait = line.advance(now)
    if (wait === undefined) break
    assert.isAbove(wait, 0)
    now += Math.ceil(wait) + lateness[turn % lateness.length]!
  }
  assert.strictEqual(line.length, links.length)
  return passed
}

const Lateness = Schema.Array(within(0, 120)).check(Schema.isMinLength(1), Schema.isMaxLength(5))
const Links = Schema.Array(Schema.Struct({ torrent: within(0, 2), blocks: within(1, 16) })).check(
  Schema.isMinLength(1),
  Schema.isMaxLength(12),
)

describe("Rates", () => {
  it.prop(
    "over any ten seconds within a twentieth of what was asked, in the session and in each torrent",
    [
      within(64, 8192),
      Schema.Array(within(64, 8192)).check(Schema.isMinLength(3), Schema.isMaxLength(3)),
      Links,
      Lateness,
    ],
    ([session, own, some, lateness]) => {
      const shared = new Rate(session * KiB)
      const torrents = own.map((limit) => new Rate(limit * KiB))
      const links = some.map(({ blocks, torrent }) => ({
        torrent,
        bytes: Math.min(blocks * 16 * KiB, shared.turn, torrents[torrent]!.turn),
      }))
      const passed = insatiable(shared, torrents, links, lateness, 30_000)
      // The first burst has been there from the beginning.
      const all = inTenSeconds(passed, 30_000)
      assert.isAtMost(all.most, 10.5 * shared.bytesPerSecond)
      const present = [...new Set(links.map(({ torrent }) => torrent))]
      for (const torrent of present) {
        const mine = inTenSeconds(
          passed.filter((one) => one.torrent === torrent),
          30_000,
        )
        assert.isAtMost(mine.most, 10.5 * torrents[torrent]!.bytesPerSecond)
      }
      // One limit is the narrowest whatever the others let through: the session's, or those of all torrents together.
      const asked = present.reduce((sum, torrent) => sum + torrents[torrent]!.bytesPerSecond, 0)
      if (asked > 2 * present.length * shared.bytesPerSecond)
        assert.isAtLeast(all.least, 9.5 * shared.bytesPerSecond - shared.turn)
      if (asked < shared.bytesPerSecond / 2) assert.isAtLeast(all.least, 9.5 * asked - present.length * 256 * KiB)
    },
    { arbitrary: { runs: 60 } },
  )

  it.prop(
    "torrents that always have something to move get as much of what they share, however many links each has",
    [within(64, 8192), Schema.Array(within(1, 20)).check(Schema.isMinLength(2), Schema.isMaxLength(4)), Lateness],
    ([session, counts, lateness]) => {
      const shared = new Rate(session * KiB)
      const torrents = counts.map(() => new Rate())
      const links = counts.flatMap((count, torrent) =>
        Array.from({ length: count }, (_, link) => ({
          torrent,
          bytes: Math.min(shared.turn, (1 + (link % 16)) * 16 * KiB),
        })),
      )
      const passed = insatiable(shared, torrents, links, lateness, 30_000)
      const sums = counts.map((_, torrent) =>
        passed.reduce((sum, one) => (one.torrent === torrent ? sum + one.bytes : sum), 0),
      )
      assert.isAtMost(Math.max(...sums) - Math.min(...sums), 2 * 256 * KiB)
    },
    { arbitrary: { runs: 40 } },
  )

  it.prop(
    "whatever is taken whenever: never more than the rate gives, and a burst",
    [within(1, 4_000_000), Schema.Array(Schema.Tuple([within(0, 300_000), within(0, 3000)]))],
    ([limit, takes]) => {
      const rate = new Rate(limit)
      const passed: Array<readonly [at: number, bytes: number]> = []
      let now = 0
      for (const [bytes, pause] of takes) {
        now += pause
        if (rate.wait(bytes, now) > 0) continue
        rate.take(bytes, now)
        passed.push([now, bytes])
      }
      const burst = Math.max(16 * KiB, Math.min(32 * KiB, limit), limit / 4)
      for (const [from] of passed) {
        let sum = 0
        for (const [at, bytes] of passed) {
          if (at < from) continue
          sum += bytes
          assert.isAtMost(sum, (limit * (at - from)) / 1000 + Math.max(burst, bytes + burst - 16 * KiB) + 1)
        }
      }
    },
  )

  it.prop(
    "what has to wait so long may go then, and not a millisecond before",
    [within(1, 4_000_000), Schema.Array(within(0, 300_000)).check(Schema.isMinLength(1))],
    ([limit, takes]) => {
      const rate = new Rate(limit)
      let now = 0
      for (const bytes of takes) {
        const wait = rate.wait(bytes, now)
        if (wait > 1) assert.isAbove(rate.wait(bytes, now + wait - 1), 0.5)
        now += wait
        assert.isBelow(rate.wait(bytes, now), 1e-3)
        rate.take(bytes, now)
      }
    },
  )

  it.prop(
    "those that wait take turns, however much each of them wants",
    [within(64, 4096), Schema.Boolean, Schema.Array(within(1, 16)).check(Schema.isMinLength(2)), Lateness],
    ([limit, isShared, blocks, lateness]) => {
      const limited = new Rate(limit * KiB)
      const free = new Rate()
      const links = blocks.map((count) => ({ torrent: 0, bytes: Math.min(count * 16 * KiB, limited.turn) }))
      const [shared, own] = isShared ? [limited, free] : [free, limited]
      for (const [nth, { link }] of insatiable(shared, [own], links, lateness, 20_000).entries())
        assert.strictEqual(link, nth % links.length)
    },
  )

  it.prop("nobody waits behind a torrent that is not its own", [within(64, 512), within(1, 50)], ([limit, slow]) => {
    const shared = new Rate(limit * KiB)
    const links = [
      ...Array.from({ length: 5 }, () => ({ torrent: 0, bytes: 16 * KiB })),
      { torrent: 1, bytes: 16 * KiB },
    ]
    const passed = insatiable(shared, [new Rate(slow), new Rate()], links, [0], 30_000)
    const { least } = inTenSeconds(
      passed.filter(({ torrent }) => torrent === 1),
      30_000,
    )
    assert.isAtLeast(least, 9.5 * (limit - slow / KiB) * KiB - 2 * 16 * KiB)
  })
})

describe("Gate", () => {
  const greedy = (gate: Gate.Gate, bytes: number, count: (bytes: number) => void) =>
    Effect.forkChild(
      Effect.forever(
        Effect.map(gate.take(bytes), () => {
          count(bytes)
        }),
      ),
    )

  it.effect("lets pass what its limits allow, of the session and of each torrent, and shares it fairly", () =>
    Effect.gen(function* () {
      const gateOf = yield* Gate.make(1024 * KiB)
      const bytes = [0, 0, 0]
      const gates = [gateOf(128 * KiB), gateOf(undefined), gateOf(undefined)]
      for (const [nth, gate] of gates.entries()) yield* greedy(gate, 16 * KiB, (some) => (bytes[nth]! += some))
      for (let step = 0; step < 200; step++) {
        yield* settle
        yield* TestClock.adjust(Duration.millis(50))
      }
      const [slow, one, other] = bytes as [number, number, number]
      assert.approximately(slow, 10 * 128 * KiB, 64 * KiB)
      assert.approximately(one + other, 10 * (1024 - 128) * KiB, 320 * KiB)
      assert.approximately(one, other, 64 * KiB)
    }),
  )

  it.effect("without a limit nobody waits, and with none left nobody goes", () =>
    Effect.gen(function* () {
      const gateOf = yield* Gate.make(undefined)
      yield* gateOf(undefined).take(1e12)
      const closed = gateOf(0)
      const waiting = yield* Effect.forkChild(closed.take(1))
      yield* settle
      yield* TestClock.adjust(Duration.days(1))
      yield* settle
      assert.isUndefined(waiting.pollUnsafe())
      yield* Fiber.interrupt(waiting)
    }),
  )

  it.effect("who leaves the line, or gives back what it took, holds up nobody", () =>
    Effect.gen(function* () {
      const gate = (yield* Gate.make(64 * KiB))(undefined)
      yield* gate.take(16 * KiB)
      const first = yield* Effect.forkChild(gate.take(32 * KiB))
      yield* settle
      const second = yield* Effect.forkChild(gate.take(1))
      yield* settle
      assert.isUndefined(second.pollUnsafe(), "nobody overtakes who came before")
      yield* Fiber.interruptAll([first, second])
      yield* gate.take(16 * KiB)
      const gone = yield* Effect.forkChild(gate.take(10_000 * KiB))
      yield* settle
      const next = yield* Effect.forkChild(gate.take(16 * KiB))
      yield* settle
      yield* Fiber.interrupt(gone)
      yield* settle
      yield* TestClock.adjust(Duration.millis(249))
      yield* settle
      assert.isUndefined(next.pollUnsafe(), "it waits for what was taken")
      yield* TestClock.adjust(Duration.millis(1))
      yield* settle
      assert.isDefined(next.pollUnsafe())
      const hopeful = yield* Effect.forkChild(gate.take(16 * KiB))
      yield* settle
      assert.isUndefined(hopeful.pollUnsafe())
      gate.giveBack(16 * KiB)
      yield* settle
      assert.isDefined(hopeful.pollUnsafe())
    }),
  )
})

/** What the events of a download come to: a few times a second, never holding up the download, and exact in the end. */
import { assert, describe, it } from "@effect/vitest"
import { Content, pass, Script, TestUnchoke } from "@unchoke/testkit"
import { Clock, Duration, Effect, Fiber, Result, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { type DownloadEvent, Progress, Unchoke } from "@unchoke/engine"

const content = Content.make({ files: 40 * 16_384 - 1, pieceLength: 16_384 })
const { length, pieces } = content.torrent.geometry

const peer = TestUnchoke.addressOf(0)
const checking: DownloadEvent = { _tag: "Checking", checked: pieces, present: 0, bytes: 0, pieces }
const joined: DownloadEvent = { _tag: "Joined", peer, seen: { elapsed: Duration.zero }, incoming: false }

describe("Progress.of", () => {
  it.effect.prop(
    "is told so often at most, only grows, and ends with all that was stored",
    [Schema.Literals([100, 250, 1000, 3000]), Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3 }))],
    ([every, peers]) =>
      Effect.gen(function* () {
        const { download } = yield* Unchoke
        const told: Array<readonly [number, Progress.Progress]> = []
        const fiber = yield* download(content.torrent, { folder: "downloads", downloadLimit: 65_536 }).pipe(
          Progress.of(content.torrent, { every }),
          Stream.runForEach((progress) =>
            Effect.map(Clock.currentTimeMillis, (now) => void told.push([now, progress])),
          ),
          Effect.forkChild,
        )
        yield* pass("60 seconds")
        yield* Fiber.join(fiber)
        const last = told.at(-1)![1]
        assert.deepInclude(last, { length, stored: length, arrived: length, done: true, left: Duration.zero })
        assert.deepStrictEqual(last.pieces, { all: pieces, stored: pieces, checked: pieces })
        for (const [index, [now, progress]] of told.entries()) {
          assert.isAtMost(progress.stored, progress.arrived)
          assert.isAtMost(progress.arrived, length)
          if (index === 0) continue
          const [before, earlier] = told[index - 1]!
          assert.isAtLeast(progress.stored, earlier.stored)
          // The last one comes when it is done.
          if (index < told.length - 1) assert.isAtLeast(now - before, every)
        }
        assert.isTrue(told.some(([, { down, left }]) => down > 0 && left !== undefined))
        assert.isTrue(told.some(([, { peers }]) => peers.giving > 0))
      }).pipe(Effect.provide(TestUnchoke.layer({ content, peers: Array.from({ length: peers }, () => Script.good) }))),
    { arbitrary: { runs: 12 }, timeout: 60_000 },
  )

  it.effect("rates sink while nothing happens, and nothing is left without one", () =>
    Effect.gen(function* () {
      const events = Stream.concat(
        Stream.make<Array<DownloadEvent>>(checking, joined, { _tag: "Received", peer, bytes: 16_384 }),
        Stream.never,
      )
      const fiber = yield* events.pipe(
        Progress.of(content.torrent, { every: "1 second" }),
        Stream.take(8),
        Stream.runCollect,
        Effect.forkChild,
      )
      yield* pass("10 seconds")
      const told = yield* Fiber.join(fiber)
      const rates = told.slice(1).map(({ down }) => down)
      for (const [index, rate] of rates.entries()) if (index > 0) assert.isAtMost(rate, rates[index - 1]!)
      assert.strictEqual(rates.at(-1), 0)
      assert.isUndefined(told.at(-1)!.left)
      assert.strictEqual(told.at(-1)!.arrived, 16_384)
    }),
  )

  it.effect("who is slow is told the latest, and the events go on; a failure is told after the last of them", () =>
    Effect.gen(function* () {
      let taken = 0
      const stored = Array.from({ length: 30 }, (_, piece): DownloadEvent => ({
        _tag: "PieceStored",
        piece,
        bytes: 16_384,
        stored: piece + 1,
        pieces,
      }))
      const events = Stream.fromIterable([checking, joined, ...stored]).pipe(
        Stream.mapEffect((event) => Effect.as(Effect.sleep("1 second"), event)),
        Stream.tap(() => Effect.sync(() => void taken++)),
        Stream.concat(Stream.fail("broken" as const)),
      )
      const told: Array<Progress.Progress> = []
      const fiber = yield* events.pipe(
        Progress.of(content.torrent),
        Stream.runForEach((progress) =>
          Effect.delay(
            Effect.sync(() => void told.push(progress)),
            "20 seconds",
          ),
        ),
        Effect.result,
        Effect.forkChild,
      )
      for (let second = 0; second < 40; second++) yield* pass("1 second")
      assert.strictEqual(taken, 32)
      yield* pass("60 seconds")
      assert.deepStrictEqual(Result.flip(yield* Fiber.join(fiber)), Result.succeed("broken" as const))
      assert.isBelow(told.length, 6)
      assert.strictEqual(told.at(-1)!.pieces.stored, 30)
    }),
  )

  it.effect.prop(
    "says no number that is not known: no copies before anybody has said what it has, and a rate as soon as anything is stored",
    [
      Schema.Literals(["swarm", "race", "sequence"]),
      Schema.Array(Schema.Literals(["seed", "named", "lazy"])).check(Schema.isMinLength(1), Schema.isMaxLength(3)),
    ],
    ([strategy, peers]) =>
      Effect.gen(function* () {
        const seeds = { seed: Script.good, named: Script.goodNamed("Some 1.0"), lazy: Script.lazyBitfield(1, 2) }
        const layer = TestUnchoke.layer({ content, peers: peers.map((kind) => seeds[kind]) })
        const told: Array<Progress.Progress> = []
        const fiber = yield* Effect.gen(function* () {
          const { download } = yield* Unchoke
          yield* download(content.torrent, { folder: "downloads", strategy, downloadLimit: 65_536 }).pipe(
            Progress.of(content.torrent, { every: "100 millis", strategy }),
            Stream.runForEach((progress) => Effect.sync(() => void told.push(progress))),
          )
        }).pipe(Effect.provide(layer), Effect.forkChild)
        yield* pass("60 seconds")
        yield* Fiber.join(fiber)
        for (const { copies, done, down, left, stored } of told) {
          if (copies !== undefined) assert.isAtLeast(copies, 1)
          if (stored === 0 || done) continue
          assert.isAbove(down, 0)
          assert.isDefined(left)
        }
        assert.isTrue(told.some(({ copies }) => copies !== undefined))
      }),
    { arbitrary: { runs: 20 }, timeout: 60_000 },
  )

  it.effect("is told no more often than every 10 ms", () =>
    Effect.gen(function* () {
      let told = 0
      const fiber = yield* Stream.never.pipe(
        Progress.of(content.torrent, { every: 0 }),
        Stream.runForEach(() => Effect.sync(() => void told++)),
        Effect.forkChild,
      )
      for (let millis = 0; millis < 100; millis += 5) yield* TestClock.adjust("5 millis")
      assert.isAtLeast(told, 9)
      assert.isAtMost(told, 11)
      yield* Fiber.interrupt(fiber)
    }),
  )
})

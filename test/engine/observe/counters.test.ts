/** What is counted, whoever asks for it and whether or not anybody takes its events. */
import { assert, describe, it } from "@effect/vitest"
import { Metrics, Tracker, Unchoke, HttpWebServer } from "@unchoke/engine"
import { download } from "@unchoke/engine/internal"
import {
  Content,
  MemoryPieceStore,
  MemorySwarm,
  MemoryWeb,
  pass,
  Script,
  settle,
  TestUnchoke,
  visit,
} from "@unchoke/testkit"
import { Effect, Fiber, Layer, Metric, Schema, Stream } from "effect"
import { NetAddress } from "effect/net"
import { Recorder } from "./Recorder.ts"

const content = Content.make({ files: 600_000, pieceLength: 32_768 })
const base = "http://10.1.1.1/data/"
/** Each run counts for itself. */
const ownRegistry = <A, E, R>(run: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => Effect.provideService(run, Metric.MetricRegistry, new Map()))

describe("bytes", () => {
  const Source = Schema.Literals(["peer", "web seed", "both"])
  const Milliseconds = Schema.Int.check(Schema.isBetween({ minimum: 100, maximum: 12_000 }))

  it.effect.prop(
    "that were stored were counted as they came, from whomever, and however often it was broken off",
    [Source, Schema.Array(Milliseconds).check(Schema.isMinLength(1), Schema.isMaxLength(4))],
    ([source, times]) =>
      Effect.gen(function* () {
        const peer = "127.0.0.1:6881"
        const { stored } = yield* MemoryPieceStore.MemoryPieceStore
        for (const time of times) {
          const torrent = { ...content.torrent, webSeeds: source === "peer" ? [] : [base] }
          const peers = source === "web seed" ? [] : [NetAddress.inetAddressFromStringUnsafe(peer)]
          const fiber = yield* download(torrent, { folder: "there", peers, trackers: false }).pipe(
            Stream.runDrain,
            Effect.exit,
            Effect.forkChild,
          )
          for (let left = time; left > 0; left -= 300) yield* visit([Math.min(left, 300)])
          yield* Fiber.interrupt(fiber)
          yield* settle
        }
        const { count } = yield* Metric.value(Metrics.received)
        const there = [...stored.keys()].reduce(
          (sum, piece) => sum + Math.min(32_768, content.data.length - piece * 32_768),
          0,
        )
        assert.isAtLeast(count, there)
      }).pipe(
        ownRegistry,
        Effect.provide(
          Layer.mergeAll(
            MemorySwarm.layer({ content, peers: { "127.0.0.1:6881": Script.trickling(250) } }),
            Layer.provideMerge(
              HttpWebServer.layerWith({ mitigateSsrf: false }),
              MemoryWeb.layer({
                site: (requested) => ({ ...MemoryWeb.files(content, base)(requested), pace: "200 millis" }),
              }),
            ),
            MemoryPieceStore.layer(),
            Layer.mock(Tracker, {}),
          ),
        ),
      ),
    { arbitrary: { runs: 10 }, timeout: 120_000 },
  )

  it.effect("are counted while nobody takes the events", () => {
    const many = Content.make({ files: 4500 * 1024, pieceLength: 1024 })
    return Effect.gen(function* () {
      const unchoke = yield* Unchoke
      const { stored } = yield* MemoryPieceStore.MemoryPieceStore
      const fiber = yield* unchoke.download(many.torrent, { folder: "there" }).pipe(
        Stream.runForEach(() => Effect.never),
        Effect.forkChild,
      )
      yield* pass("1 minute")
      assert.isAbove(stored.size, 1024)
      assert.isAtLeast((yield* Metric.value(Metrics.received)).count, stored.size * 1024)
      assert.strictEqual((yield* Metric.value(Metrics.stored)).count, stored.size)
      yield* Fiber.interrupt(fiber)
    }).pipe(ownRegistry, Effect.provide(TestUnchoke.layer({ content: many, peers: [Script.trickling(5)] })))
  })
})

describe("probes of one peer", () => {
  const verdicts = {
    passed: Script.good,
    "refused the connection": Script.refuse,
    "never unchoked us": Script.neverUnchoke,
    "had only part of the file": Script.incomplete(1),
  } as const
  const Verdict = Schema.Literals(Object.keys(verdicts) as Array<keyof typeof verdicts>)

  it.effect.prop(
    "count as those of a survey do, and each is a span that says of which torrent",
    [Schema.Array(Verdict).check(Schema.isMaxLength(6))],
    ([expected]) => {
      const recorder = new Recorder()
      return Effect.gen(function* () {
        const { probe } = yield* Unchoke
        const each = expected.map((_, index) => Effect.result(probe(content.torrent, TestUnchoke.addressOf(index))))
        const fiber = yield* Effect.all(each, { concurrency: "unbounded" }).pipe(
          Effect.withTracer(recorder.tracer),
          Effect.forkChild,
        )
        yield* pass("1 minute")
        yield* Fiber.join(fiber)
        const snapshot = yield* Metric.snapshot
        const counted = snapshot.flatMap(({ attributes, id, state }) =>
          id === "unchoke_probe_outcomes_total" && "count" in state
            ? Array.from({ length: Number(state.count) }, () => attributes?.verdict)
            : [],
        )
        assert.deepStrictEqual(counted.toSorted(), expected.toSorted())
        const unchokes = (yield* Metric.value(Metrics.timeToUnchoke)).count
        assert.strictEqual(unchokes, expected.filter((verdict) => verdict === "passed").length)
        const spans = recorder.named("unchoke.probe")
        assert.strictEqual(spans.length, expected.length)
        const infoHash = Buffer.from(content.torrent.infoHash).toString("hex")
        for (const { attributes } of spans) assert.strictEqual(attributes.get("infoHash"), infoHash)
      }).pipe(
        ownRegistry,
        Effect.provide(TestUnchoke.layer({ content, peers: expected.map((verdict) => verdicts[verdict]) })),
      )
    },
    { arbitrary: { runs: 10 }, timeout: 120_000 },
  )
})

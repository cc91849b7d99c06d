/** What is counted up is counted down again: when a run is over, however it ended, nobody is connected and nothing waits. */
import { assert, describe, it } from "@effect/vitest"
import { StorageError, Tracker } from "@unchoke/engine"
import { describeLink, download, downloadLink, seed, survey } from "@unchoke/engine/internal"
import { MagnetLink } from "@unchoke/protocol"
import {
  Content,
  MemoryPieceStore,
  MemorySwarm,
  Script,
  settle,
  SimulatedSwarm,
  TestDigest,
  visit,
} from "@unchoke/testkit"
import { Duration, Effect, Fiber, Layer, Metric, Schema, Stream } from "effect"
import { NetAddress } from "effect/net"
import { everyKind, kinds } from "./everyKind.ts"

const content = Content.make({ files: 250_000, pieceLength: 32_768 })
const link = MagnetLink.ofHash(content.torrent.infoHash)

type Snapshot = ReadonlyArray<Metric.Metric.Snapshot>

/** Those gauges that are not at 0. */
const standing = (snapshot: Snapshot): ReadonlyArray<string> =>
  snapshot.flatMap(({ attributes, id, state, type }) =>
    type === "Gauge" && "value" in state && Number(state.value) !== 0
      ? [`${id} ${JSON.stringify(attributes)} ${state.value}`]
      : [],
  )

const scripts = { ...everyKind, describes: Script.describing({ answers: "true" }) }
const Kind = Schema.Literals(["describes", ...kinds])

const How = Schema.Literals(["swarm", "race", "sequence", "survey", "link", "describe", "seed"])

type Services = Layer.Success<ReturnType<typeof layerOf>>

const runOf = (how: typeof How.Type, peers: ReadonlyArray<NetAddress.InetAddress>) => {
  const { torrent } = content
  const options = { folder: "there", peers, trackers: false }
  const runs: Record<typeof How.Type, Stream.Stream<unknown, unknown, Services>> = {
    swarm: download(torrent, options),
    race: download(torrent, { ...options, strategy: "race" }),
    sequence: download(torrent, { ...options, strategy: "sequence" }),
    survey: survey(torrent, options),
    link: downloadLink(link, options),
    describe: describeLink(link, options),
    seed: seed(torrent, options),
  }
  return runs[how]
}

/** How it ends, if it does not by itself: broken off after so many seconds, or after so many events, or by the disk at so many pieces. */
const End = Schema.Struct({
  by: Schema.Literals(["itself", "interruption", "consumer", "disk"]),
  after: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 30 })),
})

const layerOf = (peers: Readonly<Record<string, Script.Script>>, { after, by }: typeof End.Type) =>
  Layer.mergeAll(
    MemorySwarm.layer({ content, peers }),
    MemoryPieceStore.layer({
      delay: "1 second",
      fail: (write) =>
        by === "disk" && write >= after / 5
          ? new StorageError({ path: "there/content.bin", operation: "write", reason: "no space" })
          : undefined,
    }),
    Layer.mock(Tracker, {}),
    TestDigest.layer,
  )

describe("gauges", () => {
  it.effect.prop(
    "are at 0 when a run has ended, whichever it was and however it did, and not before",
    [Schema.Array(Kind).check(Schema.isMinLength(1), Schema.isMaxLength(5)), How, End],
    ([kinds, how, end]) =>
      Effect.gen(function* () {
        const peers = Object.fromEntries(kinds.map((kind, index) => [`127.0.0.${index + 1}:6881`, scripts[kind]]))
        const events = runOf(how, Object.keys(peers).map(NetAddress.inetAddressFromStringUnsafe))
        const run = end.by === "consumer" ? Stream.take(events, end.after) : events
        const fiber = yield* Stream.runDrain(run).pipe(
          Effect.provide(layerOf(peers, end)),
          Effect.exit,
          Effect.forkChild,
        )
        const seconds = end.by === "interruption" ? end.after : 60
        let most = 0
        for (let second = 0; second < seconds && fiber.pollUnsafe() === undefined; second++) {
          yield* visit([300, 1000])
          most = Math.max(most, standing(yield* Metric.snapshot).length)
        }
        yield* Fiber.interrupt(fiber)
        yield* settle
        assert.deepStrictEqual(standing(yield* Metric.snapshot), [])
        // Who takes a second for each piece is seen at it.
        if (how === "swarm" && kinds.includes("good") && end.by === "itself") assert.isAbove(most, 0)
      }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
    { arbitrary: { runs: 16 } },
  )

  const Peer = Schema.Struct({
    comes: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 })),
    lives: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 300 })),
    stays: Schema.Boolean,
    seeds: Schema.Boolean,
  })

  it.effect.prop(
    "are at 0 when all of a swarm have left, who called and who was called, who gave and who took",
    [Schema.Array(Peer).check(Schema.isMinLength(1), Schema.isMaxLength(6))],
    ([others]) =>
      Effect.gen(function* () {
        const line = { up: 100_000, down: 1_000_000 }
        // Virtual time has the registry of the whole process: nobody else in this file uses it.
        const seen = new Set<string>()
        yield* SimulatedSwarm.play({
          pieces: 24,
          atMost: "400 seconds",
          peers: [
            { ...line, has: SimulatedSwarm.all },
            line,
            ...others.map(({ comes, lives, seeds, stays }) => ({
              ...line,
              comes: Duration.seconds(comes),
              goes: Duration.seconds(comes + lives),
              stays,
              ...(seeds && { has: SimulatedSwarm.all }),
            })),
          ],
          heard: () => {
            for (const gauge of standing(Effect.runSync(Metric.snapshot))) seen.add(gauge.split(" ")[0]!)
          },
        })
        assert.deepStrictEqual(standing(yield* Metric.snapshot), [])
        assert.includeMembers([...seen], ["unchoke_links", "unchoke_links_served", "unchoke_queue_depth"])
      }),
    { arbitrary: { runs: 8 } },
  )
})

/** Metrics and logs of a run agree with its events, whatever happens in it and whenever it ends. */
import { assert, describe, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySwarm, Script } from "@unchoke/testkit"
import { type DownloadEvent, Metrics, Tracker } from "@unchoke/engine"
import { download } from "@unchoke/engine/internal"
import { Effect, Fiber, Layer, Logger, Metric, References, Schema, Stream, Tracer } from "effect"
import { NetAddress } from "effect/net"
import { settle, visit } from "@unchoke/testkit"
import { Recorder } from "./Recorder.ts"
import { everyKind, kinds } from "./everyKind.ts"

const content = Content.make({ files: 250_000, pieceLength: 32_768 })
const addressOf = (index: number) => `127.0.0.${index + 1}:6881`
/** Clears the screen, and turns what follows around. */
const evil = "Evil\u001b[2J\u202e\nclient"

const scripts = { ...everyKind, evil: Script.goodNamed(evil) }
const Kind = Schema.Literals(["evil", ...kinds])

interface Line {
  readonly level: string
  readonly text: string
}

/** What was seen of a download by those who look on, which is broken off after so many seconds. */
const watched = Effect.fnUntraced(
  function* (kinds: ReadonlyArray<typeof Kind.Type>, strategy: "swarm" | "race" | "sequence", seconds: number) {
    const recorder = new Recorder()
    const events: Array<DownloadEvent> = []
    const lines: Array<Line> = []
    const logger = Logger.make(({ logLevel, message }) => void lines.push({ level: logLevel, text: String(message) }))
    const peers = Object.fromEntries(kinds.map((kind, index) => [addressOf(index), scripts[kind]]))
    const layer = Layer.mergeAll(
      MemorySwarm.layer({ content, peers }),
      MemoryPieceStore.layer({}),
      Layer.mock(Tracker, {}),
      Logger.layer([logger]),
    )
    const run = download(content.torrent, {
      folder: "there",
      trackers: false,
      peers: Object.keys(peers).map(NetAddress.inetAddressFromStringUnsafe),
      strategy,
    }).pipe(
      Stream.runForEach((event) => Effect.sync(() => void events.push(event))),
      Effect.provide(layer),
      Effect.provideService(Tracer.Tracer, recorder.tracer),
      Effect.provideService(References.MinimumLogLevel, "Debug"),
    )
    const fiber = yield* Effect.forkChild(Effect.exit(run))
    for (let second = 0; second < seconds && fiber.pollUnsafe() === undefined; second++) yield* visit([300, 1000])
    const during = yield* Metric.snapshot
    yield* Fiber.interrupt(fiber)
    yield* settle
    return { during, events, lines, recorder, after: yield* Metric.snapshot }
  },
  (run) => Effect.provideService(run, Metric.MetricRegistry, new Map()),
)

type Snapshot = ReadonlyArray<Metric.Metric.Snapshot>

const valueOf = (snapshot: Snapshot, id: string, attributes: Record<string, string> = {}): number =>
  snapshot
    .filter(
      (one) => one.id === id && Object.entries(attributes).every(([key, value]) => one.attributes?.[key] === value),
    )
    .reduce((sum, { state }) => {
      if ("value" in state) return sum + Number(state.value)
      return "count" in state ? sum + Number(state.count) : sum
    }, 0)

const Kinds = Schema.Array(Kind).check(Schema.isMinLength(1), Schema.isMaxLength(6))
const Strategy = Schema.Literals(["swarm", "race", "sequence"])
const Seconds = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 25 }))

describe("a run that is looked at", () => {
  it.effect.prop(
    "its metrics are what its events and links say, and nobody is left connected",
    [Kinds, Strategy, Seconds],
    ([kinds, strategy, seconds]) =>
      Effect.gen(function* () {
        const { after, during, events, recorder } = yield* watched(kinds, strategy, seconds)
        const of = (tag: DownloadEvent["_tag"]) => events.filter(({ _tag }) => _tag === tag).length
        assert.strictEqual(valueOf(after, "unchoke_links"), 0)
        assert.strictEqual(valueOf(after, "unchoke_queue_depth"), 0)
        assert.isAtMost(valueOf(during, "unchoke_links"), kinds.length)
        assert.strictEqual(valueOf(after, "unchoke_pieces_total", { verdict: "stored" }), of("PieceStored"))
        assert.strictEqual(valueOf(after, "unchoke_pieces_total", { verdict: "corrupt" }), of("PieceCorrupt"))
        assert.strictEqual(
          valueOf(after, "unchoke_disk_seconds", { operation: "write" }),
          of("PieceStored") + of("PieceCorrupt"),
        )
        assert.strictEqual(valueOf(after, "unchoke_probe_outcomes_total"), of("Rejected") + of("Joined"))
        const received = recorder.named("unchoke.link").map(({ attributes }) => Number(attributes.get("received")))
        assert.strictEqual(
          valueOf(after, "unchoke_bytes_total", { direction: "down" }),
          received.reduce((sum, bytes) => sum + bytes, 0),
        )
      }),
    { arbitrary: { runs: 12 } },
  )

  it.effect.prop(
    "its log begins and ends, tells of peers in detail only, and nothing in it could rewrite a screen",
    [Kinds, Strategy, Seconds],
    ([kinds, strategy, seconds]) =>
      Effect.gen(function* () {
        const { lines, recorder } = yield* watched(kinds, strategy, seconds)
        assert.deepStrictEqual(lines[0], { level: "Info", text: "download begins" })
        assert.match(lines.at(-1)!.text, /^download (?:ends$|was interrupted$|ended: )/)
        for (const { level, text } of lines) {
          assert.notMatch(text, /[\p{Cc}\u202e]/u)
          if (/refused|never unchoked|joined/.test(text) && !text.startsWith("download ended"))
            assert.strictEqual(level, "Debug", text)
        }
        for (const { attributes } of recorder.spans) {
          for (const value of attributes.values()) assert.notMatch(String(value), /[\p{Cc}\u202e]/u)
        }
      }),
    { arbitrary: { runs: 10 } },
  )

  it.effect("tells how long a peer took to unchoke us, as its probe measured it", () =>
    Effect.gen(function* () {
      const { after, events } = yield* watched(["good"], "race", 30)
      const joined = events.find((event) => event._tag === "Joined")
      assert.isDefined(joined?.seen.unchoke)
      const [histogram] = after.filter(({ id }) => id === Metrics.timeToUnchoke.id)
      assert.strictEqual(valueOf(after, Metrics.timeToUnchoke.id), 1)
      assert.isDefined(histogram)
    }),
  )
})

/** Nobody gives up before every source has been asked: neither a download nor a survey. */
import { assert, describe, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySwarm, Script, visit } from "@unchoke/testkit"
import { Duration, Effect, Layer, Result, Schema, Stream } from "effect"
import { NetAddress } from "effect/net"
import { type DownloadOptions, once, Tracker, TrackerFailed } from "@unchoke/engine"
import { download, survey } from "@unchoke/engine/internal"

const content = Content.make({ files: 100_000, pieceLength: 32_768 })

/** What a tracker does with its first announce: nothing, for so many seconds, then names these peers or fails. */
interface Told {
  readonly after: number
  readonly names: ReadonlyArray<string> | "nothing, it fails"
}

const good = "10.0.0.1:6881"
const refusing = "10.0.0.2:6881"
const useless = "10.0.0.3:6881"
const peers = { [good]: Script.good, [refusing]: Script.refuse, [useless]: Script.incomplete(1) }

const world = (tiers: ReadonlyArray<ReadonlyArray<Told>>) => {
  const urls = tiers.map((tier, i) => tier.map((_, j) => `http://${i}.${j}/announce`))
  const told = new Map(tiers.flatMap((tier, i) => tier.map((tracker, j) => [urls[i]![j]!, tracker] as const)))
  const asked: Array<string> = []
  const tracker = Layer.succeed(Tracker)({
    announce: (url, { event }) =>
      Effect.gen(function* () {
        const { after, names } = told.get(url)!
        if (event !== "stopped" && event !== "completed") {
          asked.push(url)
          yield* Effect.sleep(Duration.seconds(after))
        }
        if (names === "nothing, it fails") {
          return yield* new TrackerFailed({ url, reason: { _tag: "Unreachable", reason: "refused" } })
        }
        return {
          _tag: "Announced",
          peers: names.map(NetAddress.inetAddressFromStringUnsafe),
          interval: Duration.minutes(30),
          minInterval: undefined,
          seeders: undefined,
          leechers: undefined,
          warning: undefined,
          trackerId: undefined,
        }
      }),
  })
  const layer = Layer.mergeAll(MemorySwarm.layer({ content, peers }), MemoryPieceStore.layer(), tracker)
  return { asked, layer, torrent: { ...content.torrent, trackers: urls }, urls: urls.flat() }
}

/** Lets it run to its end; at most five minutes. */
const finish = <A, E, R>(run: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.result(run))
    for (let second = 0; second < 300 && fiber.pollUnsafe() === undefined; second++) yield* visit([1000])
    const ended = fiber.pollUnsafe()
    assert.isDefined(ended, "it hangs")
    return yield* ended!
  })

const at = (after: number, ...names: ReadonlyArray<string>): Told => ({ after, names })
const failing = (after: number): Told => ({ after, names: "nothing, it fails" })

const downloaded = (tiers: ReadonlyArray<ReadonlyArray<Told>>, options: Partial<DownloadOptions> = {}) =>
  Effect.gen(function* () {
    const { asked, layer, torrent, urls } = world(tiers)
    const result = yield* finish(
      Stream.runDrain(download(torrent, { folder: "downloads", ...options })).pipe(Effect.provide(layer)),
    )
    return { asked, urls, failure: Result.isFailure(result) ? result.failure._tag : undefined }
  })

const surveyed = (tiers: ReadonlyArray<ReadonlyArray<Told>>) =>
  Effect.gen(function* () {
    const { asked, layer, torrent, urls } = world(tiers)
    const result = yield* finish(Stream.runCollect(survey(torrent)).pipe(Effect.provide(layer)))
    const passed = Result.isSuccess(result) && result.success.some(({ _tag }) => _tag === "Passed")
    return { asked, urls, passed, failure: Result.isFailure(result) ? result.failure._tag : undefined }
  })

const findings: ReadonlyArray<readonly [what: string, tiers: ReadonlyArray<ReadonlyArray<Told>>]> = [
  ["the first tier names a dead peer", [[at(0, refusing)], [at(0, good)]]],
  ["two trackers of one tier", [[at(0, refusing), at(0, good)]]],
  ["two of one tier, one of which knows nobody", [[at(0), at(0, good)]]],
  ["the last of many tiers", [...Array.from({ length: 20 }, () => [at(0, refusing)]), [at(0, good)]]],
  ["a tier behind one that takes its time", [[at(0, useless)], [failing(20), failing(25)], [at(3, good)]]],
  ["one that answers late", [[at(0, refusing), at(25, good)], [at(0, useless)]]],
]

describe.each(findings)("%s", (_, tiers) => {
  it.effect("the download gets to the one who knows the good peer", () =>
    Effect.gen(function* () {
      for (const strategy of ["race", "sequence"] as const) {
        assert.isUndefined((yield* downloaded(tiers, { strategy })).failure)
      }
    }),
  )

  it.effect("and so does a survey", () =>
    Effect.gen(function* () {
      assert.isTrue((yield* surveyed(tiers)).passed)
    }),
  )
})

it.effect("who has found a good peer asks nobody else", () =>
  Effect.gen(function* () {
    const tiers = [[at(0, good)], [at(0, good)]]
    assert.lengthOf((yield* downloaded(tiers, { strategy: "race" })).asked, 1)
    assert.lengthOf((yield* surveyed(tiers)).asked, 1)
  }),
)

it.effect("with nobody anywhere it ends, each source asked once", () =>
  Effect.gen(function* () {
    const tiers = [[at(0, refusing), failing(1)], [at(2, useless)], [at(0)]]
    for (const { asked, failure, urls } of [yield* downloaded(tiers, { strategy: "race" }), yield* surveyed(tiers)]) {
      assert.deepStrictEqual(asked.toSorted(), urls)
      assert.include([undefined, "NoSuitablePeer"], failure)
    }
    const { asked, failure, urls } = yield* downloaded([[at(0), failing(0)], [at(1)]], { strategy: "race" })
    assert.deepStrictEqual(asked.toSorted(), urls)
    assert.strictEqual(failure, "NoPeers")
  }),
)

it.effect("sources that must be found first count like trackers: all are waited for, a failed one is told", () =>
  Effect.gen(function* () {
    const { layer, torrent } = world([])
    const events = yield* finish(
      Stream.runCollect(
        survey(torrent, {
          peers: [addressOf(refusing)],
          sources: [
            once("slow", "you", Effect.as(Effect.sleep("20 seconds"), [addressOf(good)])),
            once("unknown", "you", Effect.fail("the name is not known")),
          ],
        }),
      ).pipe(Effect.provide(layer)),
    )
    assert(Result.isSuccess(events))
    assert.isTrue(events.success.some(({ _tag }) => _tag === "Passed"))
    const answers = events.success.flatMap((event) => (event._tag === "SourceAnswered" ? [event.asked] : []))
    assert.deepStrictEqual(answers, [
      { source: "given peers", origin: "you", answer: { peers: 1 } },
      { source: "unknown", origin: "you", answer: { error: "the name is not known" } },
      { source: "slow", origin: "you", answer: { peers: 1 } },
    ])
  }),
)

const addressOf = NetAddress.inetAddressFromStringUnsafe

const Outcome = Schema.Struct({
  after: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 29 })),
  names: Schema.Literals(["good", "refusing", "useless", "nobody", "fails"]),
})
const named = {
  good: [good],
  refusing: [refusing],
  useless: [useless],
  nobody: [],
  fails: "nothing, it fails",
} as const
const Tiers = Schema.Array(Schema.Array(Outcome).check(Schema.isMinLength(1), Schema.isMaxLength(4))).check(
  Schema.isMinLength(1),
  Schema.isMaxLength(4),
)

it.effect.prop(
  "whatever the trackers do: complete when one of them knows the good peer, typed otherwise, and never without having asked all",
  [Tiers, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3 }))],
  ([drawn, links]) =>
    Effect.gen(function* () {
      const tiers = drawn.map((tier) => tier.map(({ after, names }) => ({ after, names: named[names] })))
      const { asked, failure, urls } = yield* downloaded(tiers, { links, strategy: "race" })
      const known = drawn.flat().map(({ names }) => names)
      if (known.includes("good")) return assert.isUndefined(failure)
      assert.deepStrictEqual([...new Set(asked)].toSorted(), urls.toSorted())
      const anybody = known.includes("refusing") || known.includes("useless")
      assert.strictEqual(failure, anybody ? "NoSuitablePeer" : "NoPeers")
    }),
  { arbitrary: { runs: 40 } },
)

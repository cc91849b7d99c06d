/** Peers that name others, in a download and in a survey. */
import { download, survey } from "@unchoke/engine/internal"
import { assert, describe, it } from "@effect/vitest"
import { ExtendedHandshake, Extensions } from "@unchoke/protocol"
import { Content, MemoryPieceStore, MemorySwarm, pass, Script } from "@unchoke/testkit"
import { Effect, Exit, Fiber, Layer, Stream } from "effect"
import { NetAddress } from "effect/net"
import {
  type DownloadEvent,
  type DownloadOptions,
  type SurveyEvent,
  type SurveyOptions,
  Tracker,
} from "@unchoke/engine"

const pieces = 8
const inet = NetAddress.inetAddressFromStringUnsafe
const shared = Content.make({ files: pieces * 16_384, pieceLength: 16_384 })
const secret = Content.make({ files: pieces * 16_384, pieceLength: 16_384, private: true })

const informant = "8.1.1.1:6881"
const good = "8.2.2.2:6881"

/** Has everything and gives nothing; names these peers, in so many messages. */
const naming = (peers: ReadonlyArray<string>, times = 1): Script.Script => ({
  _tag: "Accept",
  steps: [
    { _tag: "AwaitHandshake" },
    { _tag: "Handshake", kind: "right" },
    { _tag: "Extended", client: "an informant", exchanges: true },
    { _tag: "HaveAll" },
    { _tag: "AwaitInterested" },
    { _tag: "Wait", ms: 1000 },
    { _tag: "Name", peers, times },
  ],
})

interface Scene {
  readonly content?: Content.Content
  readonly script?: Script.Script
}

const world = ({ content = shared, script = naming([good]) }: Scene) =>
  Layer.mergeAll(
    MemorySwarm.layer({ content, peers: { [informant]: script, [good]: Script.good } }),
    MemoryPieceStore.layer(),
    Layer.mock(Tracker, {}),
  )

/** Runs for three minutes at the most; what was said, and what the swarm saw. */
const watch = <E extends DownloadEvent | SurveyEvent, F, R>(events: Stream.Stream<E, F, R>) =>
  Effect.gen(function* () {
    const swarm = yield* MemorySwarm.MemorySwarm
    const heard: Array<E> = []
    const fiber = yield* Effect.forkChild(
      Stream.runForEach(events, (event) => Effect.sync(() => void heard.push(event))),
    )
    for (let second = 0; second < 180 && fiber.pollUnsafe() === undefined; second++) yield* pass("1 second")
    const exit = fiber.pollUnsafe()
    yield* Fiber.interrupt(fiber)
    const named = heard.flatMap((event) =>
      event._tag === "Named" && event.origin === "pex" ? event.peers.map(String) : [],
    )
    const greeting = swarm.told.find(({ id, peer }) => id === 0 && peer === informant)
    return {
      named,
      heard,
      succeeds: exit !== undefined && Exit.isSuccess(exit),
      dialled: [...swarm.dials().keys()],
      says: greeting && ExtendedHandshake.fromBytes(greeting.payload)?.extensions.get("ut_pex"),
    }
  })

const downloading = (options: Partial<DownloadOptions>, scene: Scene = {}) =>
  watch(
    download((scene.content ?? shared).torrent, {
      folder: "downloads",
      peers: [inet(informant)],
      trackers: false,
      ...options,
    }),
  ).pipe(Effect.provide(world(scene)))

const surveying = (options: SurveyOptions = {}, scene: Scene = {}) =>
  watch(survey((scene.content ?? shared).torrent, { peers: [inet(informant)], trackers: false, ...options })).pipe(
    Effect.provide(world(scene)),
  )

describe("a peer names the one who gives", () => {
  it.effect.each(["swarm", "race", "sequence"] as const)("a download finds it: %s", (strategy) =>
    Effect.gen(function* () {
      const { named, says, succeeds } = yield* downloading({ strategy })
      assert.isTrue(succeeds)
      assert.deepStrictEqual(named, [good])
      assert.strictEqual(says, Extensions.ids.ut_pex)
    }),
  )

  it.effect("a survey finds it, and says who named it", () =>
    Effect.gen(function* () {
      const { heard, named, succeeds } = yield* surveying()
      assert.isTrue(succeeds)
      assert.deepStrictEqual(named, [good])
      assert.isTrue(heard.some((event) => event._tag === "Passed" && String(event.peer) === good))
    }),
  )
})

describe("nothing is said and nothing heard", () => {
  const ways: ReadonlyArray<readonly [string, { readonly pex?: boolean }, Scene]> = [
    ["of a private torrent", {}, { content: secret }],
    ["where nobody wants it", { pex: false }, {}],
  ]
  it.effect.each(ways)("%s", ([, options, scene]) =>
    Effect.gen(function* () {
      for (const { dialled, named, says } of [
        yield* downloading(options, scene),
        yield* downloading({ ...options, strategy: "race" }, scene),
        yield* surveying(options, scene),
      ]) {
        assert.isUndefined(says)
        assert.deepStrictEqual(named, [])
        assert.deepStrictEqual(dialled, [informant])
      }
    }),
  )
})

describe("a peer that names whom it likes", () => {
  it.effect("does not have us call one host at many ports", () =>
    Effect.gen(function* () {
      const victim = Array.from({ length: 50 }, (_, index) => `7.7.7.7:${2000 + index}`)
      const { dialled } = yield* downloading({}, { script: naming(victim, 500) })
      assert.isAtMost(dialled.filter((peer) => peer.startsWith("7.7.7.7:")).length, 2)
    }),
  )

  it.effect("does not have us call whoever answers in our own network", () =>
    Effect.gen(function* () {
      const { dialled, named } = yield* surveying({}, { script: naming(["192.168.1.1:80", "127.0.0.1:22"]) })
      assert.deepStrictEqual(named, [])
      assert.deepStrictEqual(dialled, [informant])
    }),
  )
})

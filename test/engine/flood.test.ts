/** Peers that talk and talk, in memory: no time passes, so whoever listens on has to stop by itself. */
import { assert, describe, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySwarm, Script } from "@unchoke/testkit"
import { Effect, Layer, Stream } from "effect"
import { NetAddress } from "effect/net"
import { type DownloadEvent, type SurveyEvent, Tracker } from "@unchoke/engine"
import { download, survey } from "@unchoke/engine/internal"

const content = Content.make({ files: 150_000, pieceLength: 32_768 })
const talker = "127.0.0.1:6881"
const seeder = "127.0.0.2:6881"
const peers = [talker, seeder].map(NetAddress.inetAddressFromStringUnsafe)

const world = (steps: ReadonlyArray<Script.Step>) =>
  Layer.mergeAll(
    MemorySwarm.layer({ content, peers: { [talker]: { _tag: "Accept", steps }, [seeder]: Script.good } }),
    MemoryPieceStore.layer(),
    Layer.mock(Tracker, {}),
  )

const handshake: ReadonlyArray<Script.Step> = [{ _tag: "AwaitHandshake" }, { _tag: "Handshake", kind: "right" }]
const incomplete: ReadonlyArray<Script.Step> = [...handshake, { _tag: "Bitfield", missing: [1] }]
const serving: ReadonlyArray<Script.Step> = [
  ...handshake,
  { _tag: "HaveAll" },
  { _tag: "AwaitInterested" },
  { _tag: "Unchoke" },
  { _tag: "Serve", blocks: 3 },
]

/** The rules that peers broke, in order. */
const broken = (events: ReadonlyArray<DownloadEvent | SurveyEvent>) =>
  events.flatMap((event) => ("error" in event && event.error._tag === "ProtocolViolation" ? [event.error.rule] : []))

const floods = [
  "Have",
  "KeepAlive",
  "Choke, Unchoke",
  "Unknown",
  "Extended",
  "Neighbours",
  "Interested",
  "HaveAll",
  "HaveNone, HaveAll",
  "half a MiB of nothing",
] as const
for (const of of floods) {
  describe(`${of}, for ever`, () => {
    // A peer that says that it has all of it, again and again, passes; and so does one that unchokes us again and again.
    if (!of.includes("HaveAll") && !of.includes("Unchoke"))
      it.effect("ends a probe", () =>
        Effect.gen(function* () {
          const events = yield* Stream.runCollect(survey(content.torrent, { peers: [peers[0]!], trackers: false }))
          assert.deepStrictEqual(broken(events), ["flood"])
        }).pipe(Effect.provide(world([...incomplete, { _tag: "Flood", of }]))),
      )

    it.effect("ends a link, and the next peer goes on", () =>
      Effect.gen(function* () {
        const options = { folder: "downloads", peers, trackers: false, strategy: "sequence" } as const
        const events = yield* Stream.runCollect(download(content.torrent, options))
        assert.deepStrictEqual(broken(events), ["flood"])
        const { files } = yield* MemoryPieceStore.MemoryPieceStore
        assert.deepStrictEqual(files.get("downloads/content.bin"), content.data)
      }).pipe(Effect.provide(world([...serving, { _tag: "Flood", of }]))),
    )
  })
}

it.effect("blocks that nobody wants, for ever, end a link", () =>
  Effect.gen(function* () {
    const options = { folder: "downloads", peers, trackers: false, strategy: "sequence" } as const
    const events = yield* Stream.runCollect(download(content.torrent, options))
    assert.deepStrictEqual(broken(events), ["flood"])
  }).pipe(Effect.provide(world([...serving, { _tag: "Flood", of: "blocks that nobody wants" }]))),
)

it.effect("names of others, for ever, end a link that gives us blocks meanwhile", () =>
  Effect.gen(function* () {
    const options = { folder: "downloads", peers, trackers: false, strategy: "sequence" } as const
    const events = yield* Stream.runCollect(download(content.torrent, options))
    assert.deepStrictEqual(broken(events), ["flood"])
  }).pipe(
    Effect.provide(
      world([
        ...serving.slice(0, -1),
        ...Array.from({ length: 5 }, (): ReadonlyArray<Script.Step> => [
          { _tag: "Serve", blocks: 1 },
          { _tag: "Name", peers: ["5.5.5.5:6881"], times: 25 },
        ]).flat(),
        { _tag: "Serve" },
      ]),
    ),
  ),
)

it.effect("what comes twice, or a little of what nobody asked for, does not", () =>
  Effect.gen(function* () {
    const options = { folder: "downloads", peers: [peers[0]!], trackers: false } as const
    const events = yield* Stream.runCollect(download(content.torrent, options))
    assert.deepStrictEqual(broken(events), [])
    assert.strictEqual(events.at(-1)?._tag, "Done")
  }).pipe(
    Effect.provide(
      world([
        ...serving.slice(0, -1),
        { _tag: "Serve", blocks: 1, times: 3 },
        { _tag: "Unasked" },
        { _tag: "Serve", times: 2 },
      ]),
    ),
  ),
)

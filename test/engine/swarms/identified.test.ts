/** Peers that say late which client they are, under virtual time. */
import { assert, it } from "@effect/vitest"
import type { Script } from "@unchoke/testkit"
import { Content, MemoryPieceStore, MemorySwarm, visit } from "@unchoke/testkit"
import { Effect, Layer, Schema, Stream } from "effect"
import { NetAddress } from "effect/net"
import { type DownloadEvent, Tracker } from "@unchoke/engine"
import { download } from "@unchoke/engine/internal"

const content = Content.make({ files: 150_000, pieceLength: 32_768 })
const address = "127.0.0.1:6881"
const peer = NetAddress.inetAddressFromStringUnsafe(address)

/** Has all of it, and gives the last of it so many milliseconds after it has said who it is; says so as often as is given. */
const lateBy = (ms: number, times: number): Script.Script => ({
  _tag: "Accept",
  steps: [
    { _tag: "AwaitHandshake" },
    { _tag: "Handshake", kind: "right" },
    { _tag: "HaveAll" },
    { _tag: "AwaitInterested" },
    { _tag: "Unchoke" },
    { _tag: "Serve", blocks: 3 },
    { _tag: "Wait", ms },
    ...Array.from({ length: times }, () => ({ _tag: "Extended", client: "Late 1.0" }) as const),
    { _tag: "Wait", ms: 2000 },
    { _tag: "Serve" },
  ],
})

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

it.effect.prop(
  "whoever joins is named once, with it or later, and never by who says nothing",
  [within(0, 5000), within(0, 5)],
  ([ms, times]) =>
    Effect.gen(function* () {
      const events: Array<DownloadEvent> = []
      const options = { folder: "downloads", peers: [peer], trackers: false }
      const fiber = yield* download(content.torrent, options).pipe(
        Stream.runForEach((event) => Effect.sync(() => void events.push(event))),
        Effect.forkChild,
      )
      for (let second = 0; second < 30 && fiber.pollUnsafe() === undefined; second++) {
        yield* visit([250, 500, 750, 1000])
      }
      assert.strictEqual(fiber.pollUnsafe()?._tag, "Success")
      const named = events.filter(
        (event) => (event._tag === "Joined" || event._tag === "Identified") && event.seen.client === "Late 1.0",
      )
      assert.lengthOf(named, times === 0 ? 0 : 1)
      assert.isAtMost(events.filter(({ _tag }) => _tag === "Identified").length, named.length)
    }).pipe(
      Effect.provide(
        Layer.mergeAll(
          MemorySwarm.layer({ content, peers: { [address]: lateBy(ms, times) } }),
          MemoryPieceStore.layer(),
          Layer.mock(Tracker, {}),
        ),
      ),
    ),
  { arbitrary: { runs: 20 }, timeout: 120_000 },
)

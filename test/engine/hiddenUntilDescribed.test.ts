/** Nobody who is asked where everybody sees it is told where we are, before it is known that the torrent is not private (BEP 27). */
import { assert, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySwarm, type Script, TestDigest, VirtualTime } from "@unchoke/testkit"
import { MagnetLink } from "@unchoke/protocol"
import { Clock, Duration, Effect, Layer, Stream } from "effect"
import { NetAddress } from "effect/net"
import { type DownloadOptions, type PeerSource, Tracker } from "@unchoke/engine"
import { downloadLink } from "@unchoke/engine/internal"

const peer = "10.0.0.1:6881"

const script: Script.Script = {
  _tag: "Accept",
  steps: [
    { _tag: "AwaitHandshake" },
    { _tag: "Handshake", kind: "right" },
    { _tag: "Describe", answers: "true" },
    { _tag: "Bitfield", missing: [] },
    { _tag: "AwaitInterested" },
    { _tag: "Unchoke" },
    { _tag: "Serve" },
  ],
}

/** A download by a link, and how the DHT was asked: by whom, whether it was known what the torrent is, and how long ago (ms). */
const lookedFor = Effect.fnUntraced(function* (isPrivate: boolean, options: Partial<DownloadOptions> = {}) {
  const content = Content.make({ files: 40_000, pieceLength: 16_384, private: isPrivate })
  const asked: Array<{ readonly port: number | undefined; readonly since: number | undefined }> = []
  let describedAt: number | undefined
  const dht: PeerSource = {
    name: "DHT",
    origin: "dht",
    isHope: false,
    find: ({ port }) =>
      Stream.unwrap(
        Effect.map(Clock.currentTimeMillis, (now) => {
          asked.push({ port, since: describedAt === undefined ? undefined : now - describedAt })
          const peers = [NetAddress.inetAddressFromStringUnsafe(peer)]
          return Stream.concat(Stream.succeed({ peers, more: false }), Stream.never)
        }),
      ),
  }
  const events = downloadLink(MagnetLink.ofHash(content.torrent.infoHash), {
    folder: "/",
    trackers: false,
    sources: [dht],
    described: () => Effect.map(Clock.currentTimeMillis, (now) => void (describedAt = now)),
    ...options,
  })
  const outcome = yield* Effect.result(Stream.runDrain(events)).pipe(
    Effect.provide(
      Layer.mergeAll(
        MemorySwarm.layer({ content, peers: { [peer]: script } }),
        MemoryPieceStore.layer(),
        TestDigest.layer,
        Layer.mock(Tracker, {}),
      ),
    ),
  )
  assert.isDefined(describedAt)
  assert.strictEqual(outcome._tag, "Success")
  return asked
})

for (const isPrivate of [false, true])
  it.effect(
    `${isPrivate ? "a private torrent's link" : "a link"} is looked for in the DHT, and who asks says nothing of itself`,
    () =>
      Effect.gen(function* () {
        const asked = yield* lookedFor(isPrivate)
        assert.isUndefined(asked.find(({ since }) => since === undefined)?.port)
      }),
  )

it.effect("who has it within a second is named nowhere; who stays is after that", () =>
  VirtualTime.run(
    Effect.gen(function* () {
      const seed = { time: Duration.seconds(3) }
      assert.deepStrictEqual(
        (yield* lookedFor(false)).map(({ since }) => since),
        [undefined],
      )
      const [before, after, ...others] = yield* lookedFor(false, { seed })
      assert.deepStrictEqual([before?.since, others], [undefined, []])
      assert.isAtLeast(after!.since!, 1000)
      assert.isBelow(after!.since!, 2000)
    }),
  ),
)

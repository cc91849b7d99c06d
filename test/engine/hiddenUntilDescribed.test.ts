/** Nobody who is asked where everybody sees it is told where we are, before it is known that the torrent is not private (BEP 27). */
import { assert, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySwarm, type Script, TestDigest } from "@unchoke/testkit"
import { MagnetLink } from "@unchoke/protocol"
import { Effect, Layer, Stream } from "effect"
import { NetAddress } from "effect/net"
import { type PeerSource, Tracker } from "@unchoke/engine"
import { downloadLink } from "@unchoke/engine/internal"

const peer = "10.0.0.1:6881"

for (const isPrivate of [false, true])
  it.effect(
    `${isPrivate ? "a private torrent's link" : "a link"} is looked for in the DHT, and who asks says nothing of itself`,
    () => {
      const content = Content.make({ files: 40_000, pieceLength: 16_384, private: isPrivate })
      const asked: Array<{ readonly port: number | undefined; readonly described: boolean }> = []
      let described = false
      const dht: PeerSource = {
        name: "DHT",
        origin: "dht",
        isHope: false,
        find: ({ port }) =>
          Stream.suspend(() => {
            asked.push({ port, described })
            const peers = [NetAddress.inetAddressFromStringUnsafe(peer)]
            return Stream.concat(Stream.succeed({ peers, more: false }), Stream.never)
          }),
      }
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
      return Effect.gen(function* () {
        const link = MagnetLink.ofHash(content.torrent.infoHash)
        const events = downloadLink(link, {
          folder: "/",
          trackers: false,
          sources: [dht],
          described: () => Effect.sync(() => (described = true)),
        })
        const outcome = yield* Effect.result(Stream.runDrain(events))
        assert.isTrue(described)
        assert.isUndefined(asked.find(({ described }) => !described)?.port)
        assert.strictEqual(outcome._tag, "Success")
      }).pipe(
        Effect.provide(
          Layer.mergeAll(
            MemorySwarm.layer({ content, peers: { [peer]: script } }),
            MemoryPieceStore.layer(),
            TestDigest.layer,
            Layer.mock(Tracker, {}),
          ),
        ),
      )
    },
  )

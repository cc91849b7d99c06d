/** What is remembered is believed, unless one asks for everything to be looked at. */
import { assert, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySwarm, Script } from "@unchoke/testkit"
import { Effect, Layer, Stream } from "effect"
import { NetAddress } from "effect/net"
import { PieceStore, Tracker } from "@unchoke/engine"
import { download } from "@unchoke/engine/internal"

const content = Content.make({ files: 250_000, pieceLength: 32_768 })
const peer = "127.0.0.1:6881"

/** A disk whose memory is wrong: it takes everything to be there. */
const forgetful = Layer.effect(
  PieceStore,
  Effect.map(PieceStore, ({ open }) => ({
    open: (torrent, folder) =>
      Effect.map(open(torrent, folder), (stored) => ({
        ...stored,
        resume: Stream.map(stored.check, ({ piece }) => ({ piece, present: true })),
      })),
  })),
).pipe(Layer.provideMerge(MemoryPieceStore.layer({ files: { "downloads/content.bin": new Uint8Array(250_000) } })))

const world = Layer.mergeAll(
  MemorySwarm.layer({ content, peers: { [peer]: Script.good } }),
  forgetful,
  Layer.mock(Tracker, {}),
)

for (const recheck of [undefined, false, true]) {
  it.effect(`a download with recheck: ${recheck} fetches ${recheck === true ? "everything" : "nothing"} of it`, () =>
    Effect.gen(function* () {
      const peers = [NetAddress.inetAddressFromStringUnsafe(peer)]
      yield* Stream.runDrain(download(content.torrent, { folder: "downloads", peers, trackers: false, recheck }))
      const { stored } = yield* MemoryPieceStore.MemoryPieceStore
      assert.strictEqual(stored.size, recheck === true ? 8 : 0)
    }).pipe(Effect.provide(world)),
  )
}

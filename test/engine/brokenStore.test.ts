/** A store with a defect: the download ends with it, and does not wait for a verdict that never comes. */
import { assert, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySwarm, Script } from "@unchoke/testkit"
import { Cause, Effect, Exit, Layer, Stream } from "effect"
import { NetAddress } from "effect/net"
import { PieceStore, Tracker } from "@unchoke/engine"
import { download } from "@unchoke/engine/internal"

const content = Content.make({ files: 250_000, pieceLength: 32_768 })
const peer = "127.0.0.1:6881"

const broken = Layer.effect(
  PieceStore,
  Effect.map(PieceStore, ({ open }) => ({
    open: (torrent, folder) =>
      Effect.map(open(torrent, folder), (stored) => ({
        ...stored,
        write: (piece, buffer) => (piece === 3 ? Effect.die("a bug") : stored.write(piece, buffer)),
      })),
  })),
).pipe(Layer.provide(MemoryPieceStore.layer()))

const world = Layer.mergeAll(
  MemorySwarm.layer({ content, peers: { [peer]: Script.good } }),
  broken,
  Layer.mock(Tracker, {}),
)

it.effect("a defect of the store is the end of the download", () =>
  Effect.gen(function* () {
    const peers = [NetAddress.inetAddressFromStringUnsafe(peer)]
    const exit = yield* download(content.torrent, { folder: "downloads", peers, trackers: false }).pipe(
      Stream.runDrain,
      Effect.exit,
    )
    assert(Exit.isFailure(exit))
    assert.strictEqual(Cause.squash(exit.cause), "a bug")
    assert.strictEqual((yield* MemorySwarm.MemorySwarm).open(), 0)
  }).pipe(Effect.provide(world)),
)

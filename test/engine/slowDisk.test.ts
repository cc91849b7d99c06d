/** A disk that falls behind: the peer waits with it, is not blamed for it, and what waits stays bounded. */
import { assert, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySwarm, Script, settle, visit } from "@unchoke/testkit"
import { Effect, Layer, Stream } from "effect"
import { NetAddress } from "effect/net"
import { Tracker } from "@unchoke/engine"
import { download } from "@unchoke/engine/internal"

const pieceLength = 32_768
const content = Content.make({ files: 640 * pieceLength, pieceLength })
const peer = "127.0.0.1:6881"

/** With buffers for everything, and a minute for each write: more than any deadline. */
const world = Layer.mergeAll(
  MemorySwarm.layer({ content, peers: { [peer]: Script.good } }),
  MemoryPieceStore.layer({ buffers: 1000, delay: "1 minute" }),
  Layer.mock(Tracker, {}),
)

it.effect("asks for 8 MiB more than the disk has taken, and loses no patience", () =>
  Effect.gen(function* () {
    const { lent, stored } = yield* MemoryPieceStore.MemoryPieceStore
    const lost: Array<string> = []
    const fiber = yield* download(content.torrent, {
      folder: "downloads",
      peers: [NetAddress.inetAddressFromStringUnsafe(peer)],
      trackers: false,
    }).pipe(
      Stream.runForEach((event) => Effect.sync(() => event._tag === "Left" && lost.push(event.error._tag))),
      Effect.forkChild,
    )
    yield* visit([50_000])
    // 256 pieces are 8 MiB; one more may have been begun.
    assert.isAtLeast(lent(), 256)
    assert.isAtMost(lent(), 257)
    assert.strictEqual(stored.size, 0)
    for (let minute = 0; minute < 5 && fiber.pollUnsafe() === undefined; minute++) {
      yield* visit([60_000])
      assert.isAtMost(lent(), 257)
    }
    yield* settle
    assert.isDefined(fiber.pollUnsafe())
    assert.strictEqual(stored.size, 640)
    assert.deepStrictEqual(lost, [])
  }).pipe(Effect.provide(world)),
)

/** Lists that begin with peers who never unchoke us: how soon who is behind them is reached, under virtual time. */
import { assert, describe, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySwarm, Script, visit } from "@unchoke/testkit"
import { Effect, Layer, Schema, Stream } from "effect"
import { NetAddress } from "effect/net"
import { Tracker } from "@unchoke/engine"
import { download } from "@unchoke/engine/internal"

const content = Content.make({ files: 150_000, pieceLength: 32_768 })
const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** How many seconds a download takes whose list is so long and ends with a good peer. */
const seconds = Effect.fnUntraced(function* (chokers: number, maxPeers: number | undefined) {
  const names = Array.from({ length: chokers + 1 }, (_, index) => `127.0.${1 + (index >> 7)}.${1 + (index & 127)}:6881`)
  const peers = Object.fromEntries(
    names.map((name, index) => [name, index === chokers ? Script.good : Script.neverUnchoke] as const),
  )
  return yield* Effect.gen(function* () {
    const fiber = yield* download(content.torrent, {
      folder: "downloads",
      peers: names.map(NetAddress.inetAddressFromStringUnsafe),
      trackers: false,
      maxPeers,
    }).pipe(Stream.runDrain, Effect.forkChild)
    let took = 0
    for (; took < 120 && fiber.pollUnsafe() === undefined; took++) yield* visit([250, 500, 750, 1000])
    assert.strictEqual(fiber.pollUnsafe()?._tag, "Success")
    return took
  }).pipe(
    Effect.provide(
      Layer.mergeAll(MemorySwarm.layer({ content, peers }), MemoryPieceStore.layer(), Layer.mock(Tracker, {})),
    ),
  )
})

describe("a list that begins with those who never unchoke us", () => {
  it.effect("a hundred of them hide nobody for longer than five seconds", () =>
    Effect.gen(function* () {
      const took = yield* seconds(100, undefined)
      assert.isAtMost(took, 6)
    }),
  )

  it.effect.prop(
    "however many they are, half the seats are given to others every few seconds",
    [within(0, 60), within(6, 20)],
    ([chokers, seats]) =>
      Effect.gen(function* () {
        const took = yield* seconds(chokers, seats)
        const turns = Math.ceil(Math.max(0, chokers + 1 - seats) / Math.floor(seats / 2))
        assert.isAtMost(took, 3 + 4.5 * turns)
      }),
    { arbitrary: { runs: 12 }, timeout: 120_000 },
  )
})

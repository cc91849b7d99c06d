import { assert, describe, it } from "@effect/vitest"
import { Content, FaultyNetwork, MemoryPieceStore, MemorySwarm, Script, settle, visit } from "@unchoke/testkit"
import { Effect, Layer, Result, Schema, Stream } from "effect"
import { NetAddress } from "effect/net"
import { Tracker } from "@unchoke/engine"
import { download } from "@unchoke/engine/internal"

const content = Content.make({ files: 150_000, pieceLength: 32_768 })
const addressOf = (index: number) => `127.0.0.${index + 1}:6881`

/** Bytes that matter: the handshake, the first messages, somewhere in the blocks, near the end. */
const At = Schema.Union([
  Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 150 })),
  Schema.Int.check(Schema.isBetween({ minimum: 150, maximum: 160_000 })),
])
const Fault = Schema.Union([
  Schema.TaggedStruct("Pause", { at: At, ms: Schema.Literals([1, 900, 4000, 19_000, 30_000, 70_000]) }),
  Schema.TaggedStruct("Silence", { at: At }),
  Schema.TaggedStruct("End", { at: At }),
  Schema.TaggedStruct("Reset", { at: At }),
])
const Faults = Schema.Array(Fault).check(Schema.isMaxLength(3))
const Connection = Schema.Struct({ receiving: Faults, sending: Faults })
/** The faults of the first, second, … connection of each of three seeders. */
const Connections = Schema.Array(Connection).check(Schema.isMaxLength(6))

describe("a download over a faulty network", () => {
  it.effect.prop(
    "ends complete or in a typed error, never hangs, fetches no stored piece again",
    [Connections, Schema.Literals([1, 7, 300, 5000, 100_000]), Schema.Literals(["race", "sequence"])],
    ([connections, bytes, strategy]) => {
      const seeders = [0, 1, 2]
      const peers = Object.fromEntries(seeders.map((index) => [addressOf(index), Script.good]))
      const network = FaultyNetwork.layer((peer, dial) => {
        const index = seeders.findIndex((index) => addressOf(index) === peer)
        return connections[dial * seeders.length + index] ?? {}
      })
      // Single bytes are for the messages: a whole download of them would only be slow.
      const swarm = MemorySwarm.layer({
        content,
        peers,
        cut: (available) => (available > 2000 ? Math.max(bytes, 900) : bytes),
      })
      const world = Layer.mergeAll(
        Layer.provideMerge(network, swarm),
        MemoryPieceStore.layer(),
        Layer.mock(Tracker, {}),
      )
      return Effect.gen(function* () {
        const disk = yield* MemoryPieceStore.MemoryPieceStore
        const fiber = yield* download(content.torrent, {
          folder: "downloads",
          peers: Object.keys(peers).map(NetAddress.inetAddressFromStringUnsafe),
          trackers: false,
          strategy,
        }).pipe(Stream.runDrain, Effect.result, Effect.forkChild)
        for (let second = 0; second < 1500 && fiber.pollUnsafe() === undefined; second++) yield* visit([1000])
        const ended = fiber.pollUnsafe()
        assert.isDefined(ended, "the download hangs")
        const outcome = yield* ended!
        yield* settle
        assert.strictEqual((yield* MemorySwarm.MemorySwarm).open(), 0)
        assert.isTrue([...disk.stored.values()].every((times) => times === 1))
        if (Result.isSuccess(outcome)) assert.deepStrictEqual(disk.files.get("downloads/content.bin"), content.data)
        else assert.strictEqual(outcome.failure._tag, "NoSuitablePeer")
        // Whoever has no faults left serves everything.
        if (connections.length < seeders.length) assert.isTrue(Result.isSuccess(outcome))
      }).pipe(Effect.provide(world))
    },
    { arbitrary: { runs: 150 }, timeout: 300_000 },
  )
})

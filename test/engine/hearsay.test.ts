/** Whoever names peers without our knowing him, in the DHT or in the swarm, does not aim us at a host: however many say it, few of its ports are called. */
import { assert, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySwarm, visit } from "@unchoke/testkit"
import { Effect, Layer, Schema, Stream } from "effect"
import { NetAddress } from "effect/net"
import { type Origin, type PeerSource, Tracker } from "@unchoke/engine"
import { survey } from "@unchoke/engine/internal"
import { mostPerHostByHearsay } from "../../packages/engine/src/sources/Candidates.ts"

const content = Content.make({ files: 100_000, pieceLength: 32_768 })
const victim = (port: number) => NetAddress.inetAddressFromStringUnsafe(`203.0.113.7:${port}`)

/** A source that names so many ports of a host, a few at a time. */
const aiming = (origin: Origin, ports: number): PeerSource => ({
  name: origin,
  origin,
  find: () =>
    Stream.fromIterable(Array.from({ length: ports }, (_, i) => ({ peers: [victim(1 + i)], more: i < ports - 1 }))),
})

const calls = (sources: ReadonlyArray<PeerSource>) => {
  const layer = Layer.mergeAll(
    MemorySwarm.layer({ content, peers: {} }),
    MemoryPieceStore.layer(),
    Layer.mock(Tracker, {}),
  )
  return Effect.gen(function* () {
    yield* Effect.forkScoped(Effect.exit(Stream.runDrain(survey(content.torrent, { trackers: false, sources }))))
    yield* visit([1000, 5000, 20_000])
    return (yield* MemorySwarm.MemorySwarm).dials().size
  }).pipe(Effect.provide(layer))
}

it.effect.prop(
  "nodes of the DHT aim us at no host",
  [Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 }))],
  ([ports]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* calls([aiming("dht", ports)]), Math.min(ports, mostPerHostByHearsay))
    }),
  { arbitrary: { runs: 10 } },
)

it.effect(
  "clients behind one address are found all the same, where the tracker or who is in our network names them",
  () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* calls([aiming("lsd", 12)]), 12)
      assert.strictEqual(yield* calls([aiming("dht", 40), aiming("lsd", 12)]), 12)
    }),
)

/** Peers in the same network find each other. */
import { assert, describe, it } from "@effect/vitest"
import { LocalDiscovery as Codec } from "@unchoke/protocol"
import { MemoryMulticast, pass, settle } from "@unchoke/testkit"
import { Effect, Fiber, Scope, Stream, Tracer } from "effect"
import * as Hex from "effect/encoding/Hex"
import { NetAddress } from "effect/net"
import type { Found } from "@unchoke/engine"
import { publicInfoHash } from "@unchoke/engine/internal"
import * as LocalDiscovery from "../../../packages/engine/src/sources/local/LocalDiscovery.ts"
import { nameOf, parentOf, Recorder } from "../observe/Recorder.ts"

const hashes = Array.from({ length: 30 }, (_, index) => new Uint8Array(20).fill(index + 1))
const [ipv4, ipv6] = Codec.groups

/** A session at this host. */
const at = (network: MemoryMulticast.MemoryMulticast, host: string) =>
  Effect.gen(function* () {
    const discovery = yield* LocalDiscovery.make
    const find = (infoHash: Uint8Array, port: number | undefined) =>
      Effect.gen(function* () {
        const met: Array<string> = []
        const answers: Array<Found> = []
        const { find } = discovery.of(publicInfoHash({ infoHash, private: false })!)
        const fiber = yield* find({ infoHash, port, isComplete: () => false }).pipe(
          Stream.runForEach((found) =>
            Effect.sync(() => {
              answers.push(found)
              met.push(...found.peers.map((peer) => NetAddress.formatInet(peer)))
            }),
          ),
          Effect.forkScoped,
        )
        yield* settle
        return { met, answers, stop: Fiber.interrupt(fiber) }
      })
    return { find }
  }).pipe(Effect.provide(network.layer(host)))

const announcementsOf = ({ said }: MemoryMulticast.MemoryMulticast, host: string) =>
  said.filter(({ from }) => from === host).map(({ datagram, group }) => ({ ...Codec.fromBytes(datagram)!, group }))

describe("local discovery", () => {
  it.effect("who comes is heard of by those who are there, at the port where it is called, in both families", () =>
    Effect.gen(function* () {
      const network = MemoryMulticast.make()
      const one = yield* (yield* at(network, "10.0.0.1")).find(hashes[0]!, 6881)
      const other = yield* (yield* at(network, "10.0.0.2")).find(hashes[0]!, 51_413)
      yield* (yield* at(network, "10.0.0.3")).find(hashes[1]!, 6881)
      yield* pass("1 second")
      assert.deepStrictEqual(one.met, ["10.0.0.2:51413"])
      assert.deepStrictEqual(other.met, [])
      const groups = announcementsOf(network, "10.0.0.1").map(({ group }) => group)
      assert.deepStrictEqual(
        groups,
        Codec.groups.map((group) => NetAddress.formatInet(group)),
      )
      // The other hears of the first when it announces itself again.
      yield* pass("310 seconds")
      assert.deepStrictEqual(other.met, ["10.0.0.1:6881"])
      assert.deepStrictEqual(one.met, ["10.0.0.2:51413"])
    }),
  )

  it.effect("who is heard of is seen in the trace of whoever looks, once", () =>
    Effect.gen(function* () {
      const recorder = new Recorder()
      const network = MemoryMulticast.make()
      const host = yield* at(network, "10.0.0.1")
      yield* host
        .find(hashes[0]!, 6881)
        .pipe(Effect.withSpan("mine"), Effect.provideService(Tracer.Tracer, recorder.tracer))
      yield* (yield* at(network, "10.0.0.2")).find(hashes[0]!, 51_413)
      yield* pass("700 seconds")
      const [heard, ...others] = recorder.named("unchoke.discovery")
      assert.deepStrictEqual(others, [])
      assert.strictEqual(nameOf(parentOf(heard!)), "mine")
      assert.deepStrictEqual(Object.fromEntries(heard!.attributes), {
        peer: "10.0.0.2:51413",
        infoHash: Hex.encode(hashes[0]!),
      })
      recorder.assertSound()
    }),
  )

  it.effect("it has answered after some seconds, also where there is nobody, and goes on", () =>
    Effect.gen(function* () {
      const { answers } = yield* (yield* at(MemoryMulticast.make(), "10.0.0.1")).find(hashes[0]!, 6881)
      yield* pass("5 seconds")
      assert.deepStrictEqual(answers, [])
      yield* pass("2 seconds")
      assert.deepStrictEqual(answers, [{ peers: [], more: false }])
    }),
  )

  it.effect("who cannot be called says nothing, and hears", () =>
    Effect.gen(function* () {
      const network = MemoryMulticast.make()
      const { met } = yield* (yield* at(network, "10.0.0.1")).find(hashes[0]!, undefined)
      yield* (yield* at(network, "10.0.0.2")).find(hashes[0]!, 6881)
      yield* pass("700 seconds")
      assert.deepStrictEqual(announcementsOf(network, "10.0.0.1"), [])
      assert.deepStrictEqual(met, ["10.0.0.2:6881"])
    }),
  )

  it.effect("many torrents share an announcement, and what is over is announced no more", () =>
    Effect.gen(function* () {
      const network = MemoryMulticast.make()
      const host = yield* at(network, "10.0.0.1")
      const seeking = yield* Effect.forEach(hashes, (infoHash) => host.find(infoHash, 6881))
      yield* pass("130 seconds")
      const said = announcementsOf(network, "10.0.0.1").filter(({ group }) => group === NetAddress.formatInet(ipv4!))
      assert.strictEqual(said.length, 3)
      assert.deepStrictEqual(
        said.flatMap(({ infoHashes }) => infoHashes).toSorted(),
        hashes.map((infoHash) => Hex.encode(infoHash)).toSorted(),
      )
      yield* Effect.forEach(seeking, ({ stop }) => stop)
      yield* pass("1000 seconds")
      assert.strictEqual(network.said.length, 6)
    }),
  )

  it.effect("it has left when its session is over", () =>
    Effect.gen(function* () {
      const network = MemoryMulticast.make()
      const scope = yield* Scope.make()
      const host = yield* Scope.provide(at(network, "10.0.0.1"), scope)
      assert.strictEqual(network.members(), 0)
      yield* Scope.provide(host.find(hashes[0]!, 6881), scope)
      assert.strictEqual(network.members(), 1)
      yield* Scope.close(scope, yield* Effect.exit(Effect.void))
      assert.strictEqual(network.members(), 0)
    }),
  )

  it.effect("whoever makes up hosts and packets is heard so often, and of so many, and no more", () =>
    Effect.gen(function* () {
      const network = MemoryMulticast.make()
      const { met } = yield* (yield* at(network, "10.0.0.1")).find(hashes[0]!, 6881)
      const lie = (index: number) => {
        const announcement = { port: 6881, infoHashes: [Hex.encode(hashes[0]!)], cookie: undefined }
        network.say(`10.1.${index >> 8}.${index & 255}`, ipv6!, Codec.toBytes(announcement, ipv6!))
      }
      for (let index = 0; index < 1000; index++) lie(index)
      yield* settle
      // Our own two count too.
      assert.strictEqual(met.length, LocalDiscovery.mostASecond - 2)
      for (let second = 0; second < 10; second++) {
        yield* pass("1 second")
        for (let index = 0; index < 1000; index++) lie(1000 * second + index)
      }
      yield* settle
      assert.strictEqual(met.length, LocalDiscovery.mostPeers)
      for (const garbage of ["", "BT-SEARCH", "x".repeat(5000)]) {
        network.say("10.0.0.9", ipv4!, new Uint8Array(Buffer.from(garbage)))
      }
    }),
  )
})

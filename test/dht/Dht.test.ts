import { assert, describe, it } from "@effect/vitest"
import { type Dht, type DhtOptions, make } from "@unchoke/dht"
import { Endpoint, Id, Snapshot } from "@unchoke/dht/internal"
import { MemoryDatagrams, VirtualTime } from "@unchoke/testkit"
import { Clock, Duration, Effect, Exit, Schema, Scope, Stream } from "effect"
import { AddressResolver, Host, NetAddress } from "effect/net"
import { randomFrom } from "./chance.ts"

const port = 6881
const entrance = "192.0.2.1:6881"
const hash = (byte: number) => new Uint8Array(20).fill(byte)

/** So many nodes, the first of which lets the others in. */
const community = Effect.fnUntraced(function* (
  count: number,
  {
    families = ["IPv4"],
    loss = 0,
  }: { readonly families?: ReadonlyArray<NetAddress.IpFamily>; readonly loss?: number } = {},
) {
  const random = randomFrom(11)
  const network = yield* MemoryDatagrams.make({ loss, delay: [5, 50], random })
  const join = (index: number, options: Partial<DhtOptions> = {}) =>
    make({ random: random.bytes, ports: [port], routers: [], nodes: entrances(families), ...options }).pipe(
      Effect.provide(
        network.at({
          ...(families.includes("IPv4") && { IPv4: `192.0.${2 + index}.1` }),
          ...(families.includes("IPv6") && { IPv6: `2001:db8:${index}::1` }),
        }),
      ),
    )
  const nodes: Array<Dht["Service"]> = []
  for (let i = 0; i < count; i++) nodes.push(yield* join(i, i === 0 ? { nodes: [] } : {}))
  yield* Effect.sleep("1 minute")
  return { nodes, join, network }
})

const entrances = (families: ReadonlyArray<NetAddress.IpFamily>) =>
  [
    ...(families.includes("IPv4") ? [entrance] : []),
    ...(families.includes("IPv6") ? ["[2001:db8:0::1]:6881"] : []),
  ].map(Host.hostPortFromStringUnsafe)

const collected = <E>(stream: Stream.Stream<ReadonlyArray<NetAddress.InetAddress>, E>) =>
  Effect.map(Stream.runCollect(stream), (batches) => [...batches].flat().map(NetAddress.formatInet).toSorted())

/** Knows the entrance after a while, by an address of IPv6 that is nobody's as well, and no other name: whoever asks for one waits. */
const resolver = (both: boolean) => {
  const addresses = [...(both ? ["2001:db8:77::1"] : []), "192.0.2.1"].map((host) =>
    NetAddress.ipFromStringUnsafe(host),
  )
  const resolve = ({ host, port }: Host.HostPort) =>
    Host.formatHost(host) === "entrance.test"
      ? Effect.delay(
          Effect.succeed(addresses.map((address) => NetAddress.inetAddressUnsafe(address, port))),
          "50 millis",
        )
      : Effect.never
  return { resolve } as unknown as AddressResolver.AddressResolver["Service"]
}

/** Under virtual time: an hour costs what there is to do in it. */
const playing = <A, E>(name: string, program: Effect.Effect<A, E, Scope.Scope>) =>
  it.live(name, () => VirtualTime.run(Effect.scoped(program)))

describe("Dht", () => {
  playing(
    "finds whom others have announced, each once, and is found with its port",
    Effect.gen(function* () {
      const { nodes } = yield* community(20)
      yield* Stream.runDrain(nodes[3]!.findOnce(hash(7), { port: 4001 }))
      yield* Stream.runDrain(nodes[4]!.findOnce(hash(7), { port: 4002 }))
      assert.deepEqual(yield* collected(nodes[5]!.findOnce(hash(7))), ["192.0.5.1:4001", "192.0.6.1:4002"])
      assert.deepEqual(yield* collected(nodes[5]!.findOnce(hash(8))), [])
      const counted = yield* nodes[6]!.scrape(hash(7))
      assert.deepEqual(counted, { seeds: 0, leechers: 2 })
      const samples = yield* nodes[7]!.sample(hash(7))
      assert.deepEqual(samples, [hash(7)])
    }),
  )

  it.live.prop(
    "entrances that are silent hold up nobody's answer, nor do names that are not resolved, nor whom we knew the last time",
    [
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 7 })),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 7 })),
      Schema.Boolean,
      Schema.Boolean,
      Schema.Boolean,
    ],
    ([before, behind, knew, isNamed, both]) =>
      VirtualTime.run(
        Effect.scoped(
          Effect.gen(function* () {
            const { join, nodes } = yield* community(12, both ? { families: ["IPv4", "IPv6"] } : {})
            yield* Stream.runDrain(nodes[3]!.findOnce(hash(7), { port: 4001 }))
            const gone = (place: number) => `203.0.${place}.1:6881`
            const silent = Array.from({ length: before + behind }, (_, i) => (isNamed ? `${i}.invalid:1` : gone(i)))
            const random = randomFrom(before)
            const contacts = Array.from({ length: 200 }, (_, i) => ({
              id: Id.random(random),
              endpoint: Endpoint.fromAddress(NetAddress.inetAddressFromStringUnsafe(gone(i))),
            }))
            const us = yield* join(50, {
              nodes: silent.toSpliced(before, 0, "entrance.test:6881").map(Host.hostPortFromStringUnsafe),
              ...(knew && { snapshot: Snapshot.toBytes({ IPv4: { id: Id.random(random), contacts } }) }),
            }).pipe(Effect.provideService(AddressResolver.AddressResolver, resolver(both)))
            const begin = yield* Clock.currentTimeMillis
            yield* Stream.runHead(Stream.filter(us.find(hash(7)), ({ peers }) => peers.length > 0))
            // A name, and three questions: each takes 100 at the most.
            assert.isAtMost((yield* Clock.currentTimeMillis) - begin, 50 + 300)
          }),
        ),
      ),
    { arbitrary: { runs: 60 } },
  )

  playing(
    "finds them over IPv6, and over both where there are both",
    Effect.gen(function* () {
      const { nodes } = yield* community(12, { families: ["IPv4", "IPv6"] })
      yield* Stream.runDrain(nodes[3]!.findOnce(hash(7), { port: 4001 }))
      assert.deepEqual(yield* collected(nodes[5]!.findOnce(hash(7))), ["192.0.5.1:4001", "[2001:db8:3::1]:4001"])
      const six = yield* community(12, { families: ["IPv6"] })
      yield* Stream.runDrain(six.nodes[3]!.findOnce(hash(7), { port: 4001 }))
      assert.deepEqual(yield* collected(six.nodes[5]!.findOnce(hash(7))), ["[2001:db8:3::1]:4001"])
    }),
  )

  playing(
    "goes on: who announces later is found later, and peers are announced again before they are forgotten",
    Effect.gen(function* () {
      const { nodes } = yield* community(20, { loss: 0.2 })
      yield* Effect.forkScoped(Stream.runDrain(nodes[3]!.find(hash(7), { port: 4001 })))
      yield* Effect.sleep("3 hours")
      assert.deepEqual(yield* collected(nodes[9]!.findOnce(hash(7))), ["192.0.5.1:4001"])
      const found: Array<string> = []
      yield* nodes[5]!.find(hash(9)).pipe(
        Stream.runForEach(({ more, peers }) =>
          Effect.sync(() => found.push(`${peers.map(NetAddress.formatInet).join()} ${more}`)),
        ),
        Effect.forkScoped,
      )
      yield* Effect.sleep("1 minute")
      assert.deepEqual(found, [" false"])
      yield* Stream.runDrain(nodes[4]!.findOnce(hash(9), { port: 4002 }))
      yield* Effect.sleep("20 minutes")
      assert.deepEqual(found, [" false", "192.0.6.1:4002 false"])
    }),
  )

  playing(
    "enters by what it remembers, when the entrance has gone",
    Effect.gen(function* () {
      const { join, nodes } = yield* community(20)
      yield* Stream.runDrain(nodes[3]!.findOnce(hash(7), { port: 4001 }))
      const scope = yield* Scope.fork(yield* Effect.scope)
      const first = yield* Scope.provide(join(40), scope)
      yield* Effect.sleep("1 minute")
      const [before] = yield* first.status
      const snapshot = yield* first.snapshot
      yield* Scope.close(scope, Exit.void)
      const again = yield* join(40, { snapshot, nodes: [] })
      assert.deepEqual(yield* collected(again.findOnce(hash(7))), ["192.0.5.1:4001"])
      const [after] = yield* again.status
      assert.deepEqual(after!.id, before!.id)
    }),
  )

  playing(
    "learns its address from others, takes an id that fits it, and that it can be reached",
    Effect.gen(function* () {
      const { nodes } = yield* community(30)
      const [first] = yield* nodes[0]!.status
      assert.isTrue(first!.reachable)
      yield* Effect.sleep("1 hour")
      let reachable = 0
      for (const [index, node] of nodes.entries()) {
        const [status] = yield* node.status
        assert.strictEqual(status!.address && NetAddress.formatIp(status!.address), `192.0.${2 + index}.1`)
        const at = Endpoint.fromAddress(NetAddress.inetAddressUnsafe(status!.address!, port))
        assert.isTrue(Id.isValidAt(Id.fromBytes(status!.id)!, at))
        reachable += status!.reachable ? 1 : 0
        assert.isAtLeast(status!.nodes, 8)
      }
      // Among so few some have asked all others lately, and cannot tell.
      assert.isAtLeast(reachable, nodes.length / 2)
    }),
  )

  playing(
    "says why it found nobody",
    Effect.gen(function* () {
      const { join, network } = yield* community(1)
      const reason = (dht: Dht["Service"]) =>
        Effect.map(Effect.flip(Stream.runDrain(dht.find(hash(1)))), ({ message }) => message)
      const alone = yield* join(2, { nodes: [] })
      assert.strictEqual(yield* reason(alone), "no node of the DHT is known")
      const silent = ["198.51.100.9:1", "198.51.100.10:1"].map(Host.hostPortFromStringUnsafe)
      const lost = yield* join(3, { nodes: silent.slice(0, 1) })
      assert.strictEqual(yield* reason(lost), "the only DHT node that was asked has not answered")
      const astray = yield* join(4, { nodes: silent })
      assert.strictEqual(yield* reason(astray), "none of the 2 DHT nodes that were asked has answered")
      const mute = yield* Effect.provide(make({ random: randomFrom(1).bytes, routers: [] }), network.at({}))
      assert.strictEqual(yield* reason(mute), "no UDP socket could be opened")
    }),
  )

  playing(
    "who stops listening asks no more, and a node at rest says little",
    Effect.gen(function* () {
      const { nodes, network } = yield* community(10)
      yield* nodes[3]!.find(hash(7)).pipe(Stream.runDrain, Effect.timeoutOption(Duration.millis(20)))
      yield* Effect.sleep("10 minutes")
      const before = network.sent()
      yield* Effect.sleep("1 hour")
      // Of ten nodes: half a packet a second each, what the table needs.
      assert.isBelow(network.sent() - before, 10 * 3600 * 0.5)
    }),
  )
})

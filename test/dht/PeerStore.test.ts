import { assert, describe, it } from "@effect/vitest"
import { BloomFilter, Endpoint, Id, PeerStore } from "@unchoke/dht/internal"
import { Schema } from "effect"
import { endpoint, publicEndpoint, randomFrom, Seed } from "./chance.ts"

const Announce = Schema.Struct({
  torrent: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })),
  host: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 })),
  minutes: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
})

describe("PeerStore", () => {
  it.prop(
    "holds what was announced within its lifetime, an address once for a torrent",
    [Seed, Schema.Array(Announce)],
    ([seed, announces]) => {
      const random = randomFrom(seed)
      const store = new PeerStore.PeerStore()
      const targets = Array.from({ length: 6 }, () => Id.random(random))
      const hosts = Array.from({ length: 10 }, () => publicEndpoint(random))
      const model = new Map<string, { target: Id.Id; until: number }>()
      let now = 0
      for (const { host, minutes, torrent } of announces) {
        now += minutes * 60_000
        const peer = Endpoint.withPort(hosts[host]!, 1 + random.below(65535))
        assert.isTrue(store.add(targets[torrent]!, peer, false, now))
        model.set(`${torrent} ${host}`, { target: targets[torrent]!, until: now + PeerStore.lifetime })
      }
      for (const target of targets) {
        const wanted = [...model.values()].filter((one) => one.target === target && one.until > now).length
        assert.strictEqual(store.of(target, now).length, wanted)
        assert.strictEqual(store.sample(target, 3, random, now).length, Math.min(3, wanted))
      }
      assert.strictEqual(store.sampleTorrents(100, random, now + 10 * PeerStore.lifetime).length, 0)
      assert.strictEqual(store.size, 0)
    },
  )

  it("has its bounds: of all, of a torrent, of an address", () => {
    const random = randomFrom(1)
    const store = new PeerStore.PeerStore()
    const popular = Id.random(random)
    for (let i = 0; i < PeerStore.maxPerTorrent + 50; i++) store.add(popular, publicEndpoint(random), false, 0)
    assert.strictEqual(store.of(popular, 0).length, PeerStore.maxPerTorrent)
    const greedy = publicEndpoint(random)
    const taken = Array.from({ length: PeerStore.maxPerNode + 50 }, () =>
      store.add(Id.random(random), greedy, false, 0),
    )
    assert.strictEqual(taken.filter((one) => one).length, PeerStore.maxPerNode)
    for (let i = 0; i < PeerStore.maxPeers + 50; i++) store.add(Id.random(random), publicEndpoint(random), false, 0)
    assert.strictEqual(store.size, PeerStore.maxPeers)
  })
})

describe("BloomFilter", () => {
  // The example of BEP 33.
  it("is the one of the BEP", () => {
    const filter = new BloomFilter()
    for (let i = 0; i <= 255; i++) filter.add(Uint8Array.from([192, 0, 2, i]))
    for (let i = 0; i <= 0x3e7; i++)
      filter.add(Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, i >> 8, i & 0xff]))
    assert.isTrue(
      Buffer.from(filter.bytes)
        .toString("hex")
        .toUpperCase()
        .startsWith("F6C3F5EAA07FFD91BDE89F777F26FB2BFF37BDB8FB2BBAA2FD3DDDE7BACFFF75EE7CCBAE"),
    )
    assert.approximately(filter.count, 1224.9308, 0.001)
  })

  it("knows of nobody when nobody is in it", () => assert.strictEqual(BloomFilter.of([]).count, 0))

  it("counts an address once", () => {
    assert.approximately(BloomFilter.of([endpoint("192.0.2.1:1"), endpoint("192.0.2.1:2")]).count, 1, 0.01)
  })
})

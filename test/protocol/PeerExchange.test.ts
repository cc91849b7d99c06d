import { expect, it } from "@effect/vitest"
import { Bencode, PeerExchange } from "@unchoke/protocol"
import { Schema } from "effect"
import { NetAddress } from "effect/net"
import { mutate, Mutations } from "./mutation.ts"

const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
const Peer = Schema.Struct({
  host: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 0xffff })),
  port: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 })),
  isIPv6: Schema.Boolean,
  flags: Byte,
})
type Peer = typeof Peer.Type

const neighbourOf = ({ flags, host, isIPv6, port }: Peer): PeerExchange.Neighbour => ({
  peer: NetAddress.inetAddressFromIpStringUnsafe(
    isIPv6 ? `2001:db8::${host.toString(16)}` : `5.6.${host >> 8}.${host & 255}`,
    port,
  ),
  flags,
})
const named = (neighbours: ReadonlyArray<PeerExchange.Neighbour>) =>
  new Map(neighbours.map(({ flags, peer }) => [NetAddress.formatInet(peer), flags]))
const names = (peers: ReadonlyArray<NetAddress.InetAddress>) =>
  new Set(peers.map((peer) => NetAddress.formatInet(peer)))
const distinct = (peers: ReadonlyArray<Peer>) => [
  ...new Map(peers.map(neighbourOf).map((neighbour) => [NetAddress.formatInet(neighbour.peer), neighbour])).values(),
]

it.prop(
  "what is told is what is heard, in both families",
  [Schema.Array(Peer).check(Schema.isMaxLength(50)), Schema.Array(Peer).check(Schema.isMaxLength(50))],
  ([added, dropped]) => {
    const told = { added: distinct(added), dropped: distinct(dropped).map(({ peer }) => peer) }
    const heard = PeerExchange.fromBytes(PeerExchange.toBytes(told))
    expect(named(heard!.added)).toEqual(named(told.added))
    expect(names(heard!.dropped)).toEqual(names(told.dropped))
  },
)

it.prop(
  "of more than a message may hold, fifty are heard, and each family has its half if it needs it",
  [Schema.Array(Peer).check(Schema.isMinLength(51), Schema.isMaxLength(300))],
  ([peers]) => {
    const added = distinct(peers)
    const heard = PeerExchange.fromBytes(PeerExchange.toBytes({ added, dropped: added.map(({ peer }) => peer) }))!
    for (const list of [heard.added.map(({ peer }) => peer), heard.dropped]) {
      expect(list.length).toBe(Math.min(50, added.length))
      for (const family of ["IPv4", "IPv6"] as const) {
        const of = (all: ReadonlyArray<NetAddress.InetAddress>) =>
          all.filter((peer) => NetAddress.familyOf(peer) === family).length
        expect(of(list)).toBeGreaterThanOrEqual(Math.min(25, of(added.map(({ peer }) => peer))))
      }
    }
  },
)

it.prop(
  "any damage is survived, and who is named can be called",
  [Schema.Array(Peer).check(Schema.isMaxLength(8)), Mutations],
  ([peers, mutations]) => {
    const added = peers.map(neighbourOf)
    const bytes = PeerExchange.toBytes({ added, dropped: added.map(({ peer }) => peer) })
    const heard = PeerExchange.fromBytes(mutate(bytes, mutations))
    for (const { flags, peer } of heard?.added ?? []) {
      expect(peer.port).toBeGreaterThan(0)
      expect(NetAddress.isUnicast(peer.address)).toBe(true)
      expect(flags).toBeGreaterThanOrEqual(0)
      expect(flags).toBeLessThan(256)
    }
  },
)

it("flags that are missing are none, and peers that are cut off are nobody", () => {
  const added = Uint8Array.of(1, 2, 3, 4, 0x1a, 0xe1, 5, 6, 7, 8, 0x1a, 0xe1, 9, 9)
  const heard = PeerExchange.fromBytes(Bencode.encode({ added, "added.f": Uint8Array.of(2), dropped: 7 }))
  expect([...named(heard!.added)]).toEqual([
    ["1.2.3.4:6881", 2],
    ["5.6.7.8:6881", 0],
  ])
  expect(heard!.dropped).toEqual([])
})

it("what is not a dictionary names nobody, nor does a bomb", () => {
  for (const text of ["", "i1e", "le", "d5:added", "garbage", `d1:ml${"0:".repeat(3000)}ee`]) {
    expect(PeerExchange.fromBytes(Buffer.from(text))).toBeUndefined()
  }
})

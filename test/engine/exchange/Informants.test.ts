/** How far peers that name others are believed. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { NetAddress } from "effect/net"
import { Candidates } from "@unchoke/engine/internal"
import { mostPerHostByHearsay } from "../../../packages/engine/src/sources/Candidates.ts"
import {
  Informants,
  mostPerNetwork,
  share,
  shareOfAll,
} from "../../../packages/engine/src/sources/exchange/Informants.ts"

const inet = NetAddress.inetAddressFromStringUnsafe
const named = (...names: ReadonlyArray<string>) => names.map((name) => ({ peer: inet(name), flags: 0 }))

/** Each in a network of its own. */
const spread = (number: number) => `5.${(number >> 8) & 255}.${number & 255}.${1 + (number >> 16)}:6881`

describe("informants", () => {
  const Lie = Schema.Struct({
    connection: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 })),
    peers: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60_000 }))).check(
      Schema.isMinLength(40),
      Schema.isMaxLength(50),
    ),
  })

  it.prop(
    "on however many connections, and whoever it names, one has no more than its share",
    [Schema.Array(Lie).check(Schema.isMinLength(20), Schema.isMaxLength(40))],
    ([lies]) => {
      const candidates = new Candidates()
      const informants = new Informants(candidates)
      let fresh = 0
      for (const { connection, peers } of lies) {
        fresh += informants.hear(inet(`9.9.9.9:${connection}`), named(...peers.map(spread))).fresh
      }
      assert.isAtMost(fresh, share)
      assert.strictEqual(candidates.known, fresh)
      // Whoever tells the truth beside it is heard.
      assert.strictEqual(informants.hear(inet("8.8.8.8:6881"), named("7.7.7.7:6881")).fresh, 1)
    },
    { arbitrary: { runs: 30 } },
  )

  it("all of them together leave room for those whom a tracker names", () => {
    const candidates = new Candidates()
    const informants = new Informants(candidates)
    for (let liar = 0; liar < 2000; liar++) {
      const informant = inet(`11.${liar >> 8}.${liar & 255}.1:6881`)
      const peers = Array.from({ length: 50 }, (_, index) => spread(50 * liar + index))
      informants.hear(informant, named(...peers))
    }
    assert.strictEqual(candidates.known, shareOfAll)
    assert.strictEqual(candidates.add([inet("7.7.7.7:6881")], "tracker").fresh, 1)
  })

  it("none of them aims us at one host, or one network", () => {
    const candidates = new Candidates()
    const informants = new Informants(candidates)
    const ports = Array.from({ length: 50 }, (_, index) => `5.5.5.5:${1000 + index}`)
    for (let liar = 1; liar < 200; liar++) informants.hear(inet(`11.1.1.${liar}:6881`), named(...ports))
    assert.strictEqual(candidates.known, mostPerHostByHearsay)
    const hosts = Array.from({ length: 250 }, (_, index) => `6.6.6.${1 + index}:6881`)
    assert.isAtMost(informants.hear(inet("11.1.2.1:6881"), named(...hosts)).fresh, mostPerNetwork)
    const ipv6 = Array.from({ length: 250 }, (_, index) => `[2001:db8:1:${index.toString(16)}::1]:6881`)
    assert.isAtMost(informants.hear(inet("11.1.3.1:6881"), named(...ipv6)).fresh, mostPerNetwork)
  })

  it("who has one address of IPv6 has a network of them", () => {
    const candidates = new Candidates()
    const informants = new Informants(candidates)
    for (let liar = 0; liar < 100; liar++) {
      const peers = Array.from({ length: 50 }, (_, index) => spread(50 * liar + index))
      informants.hear(inet(`[2001:db8::${(liar + 1).toString(16)}]:6881`), named(...peers))
    }
    assert.strictEqual(candidates.known, share)
  })

  it("who is on the internet cannot send us into our own network; who is in it can", () => {
    const candidates = new Candidates()
    const informants = new Informants(candidates)
    const local = named("192.168.1.1:80", "127.0.0.1:25", "[fe80::1]:6881", "[::1]:22", "10.0.0.1:6881")
    assert.strictEqual(informants.hear(inet("9.9.9.9:6881"), local).fresh, 0)
    assert.strictEqual(informants.hear(inet("192.168.1.5:6881"), local).fresh, local.length)
  })

  it("who is known already takes no room, and its word is one more", () => {
    const candidates = new Candidates()
    const informants = new Informants(candidates)
    const known = Array.from({ length: 300 }, (_, index) => spread(index))
    candidates.add(known.map(inet), "tracker")
    const { fresh, named: also } = informants.hear(inet("9.9.9.9:6881"), named(...known))
    assert.strictEqual(fresh, 0)
    assert.strictEqual(also.length, 300)
    assert.deepStrictEqual(candidates.originsOf(inet(known[0]!)), ["tracker", "pex"])
    assert.strictEqual(informants.hear(inet("9.9.9.9:6881"), named("77.7.7.7:6881")).fresh, 1)
  })
})

/** What one peer is told of our neighbours, and how often. */
import { assert, describe, it } from "@effect/vitest"
import { PeerExchange } from "@unchoke/protocol"
import { Schema } from "effect"
import { NetAddress } from "effect/net"
import { Exchange, type Neighbour } from "../../../packages/engine/src/sources/exchange/Exchange.ts"

const inet = NetAddress.inetAddressFromStringUnsafe
const peer = inet("9.9.9.9:6881")
const minute = 60_000

const neighbour = (name: string, flags = 0): Neighbour => ({ name, peer: inet(name), flags })
const numbered = (number: number) => neighbour(`5.6.${number >> 8}.${number & 255}:6881`)

/** How many it names, or which rule it breaks. */
const hear = (exchange: Exchange, payload: Uint8Array, now: number): number | string => {
  const said = exchange.hear(payload, now)
  return "rule" in said ? said.rule : said.length
}

/** Takes in what it is told, as the peer on the other side would: from bytes. */
class Listener {
  readonly known = new Set<string>()
  messages = 0

  hear(told: PeerExchange.PeerExchange | undefined): void {
    if (told === undefined) return
    this.messages++
    const heard = PeerExchange.fromBytes(PeerExchange.toBytes(told))!
    assert.isAtMost(heard.added.length, 50)
    assert.isAtMost(heard.dropped.length, 50)
    assert.strictEqual(heard.added.length, told.added.length)
    for (const { peer } of heard.added) this.known.add(NetAddress.formatInet(peer))
    for (const peer of heard.dropped) this.known.delete(NetAddress.formatInet(peer))
  }
}

const Here = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 250 })))
const Course = Schema.Array(
  Schema.Struct({ here: Here, seconds: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200 })) }),
)

describe("an exchange", () => {
  it.prop(
    "is told at most once a minute, and after enough of them knows exactly who is here",
    [Course, Here],
    ([course, last]) => {
      const exchange = new Exchange(peer, 0)
      const listener = new Listener()
      let now = 0
      let toldAt = -Infinity
      const tell = (here: ReadonlyArray<number>) => {
        const before = listener.messages
        listener.hear(exchange.tell([...new Set(here)].map(numbered), 6881, now))
        if (listener.messages === before) return
        assert.isAtLeast(now - toldAt, minute)
        toldAt = now
      }
      for (const { here, seconds } of course) {
        for (let second = 0; second < seconds; second++) {
          now += 1000
          tell(here)
        }
      }
      // 251 that have come, 251 that have gone, fifty a minute.
      for (let passed = 0; passed < 7 * minute; passed += 500) {
        now += 500
        tell(last)
      }
      assert.deepStrictEqual([...listener.known].toSorted(), [...new Set(last)].map((n) => numbered(n).name).toSorted())
    },
    { arbitrary: { runs: 60 } },
  )

  it("is told soon after it came, of whom it finds here", () => {
    const exchange = new Exchange(peer, 0)
    assert.isUndefined(exchange.tell([numbered(1)], undefined, 500))
    assert.strictEqual(exchange.tell([numbered(1)], undefined, 1000)?.added.length, 1)
  })

  it("is told within seconds when somebody comes, where nobody was here", () => {
    const exchange = new Exchange(peer, 0)
    for (let now = 0; now < minute; now += 500) assert.isUndefined(exchange.tell([], undefined, now))
    assert.strictEqual(exchange.tell([numbered(1)], undefined, minute + 5000)?.added.length, 1)
  })

  it("is not told of itself, by either of its ports, nor of our own network", () => {
    const exchange = new Exchange(inet("9.9.9.9:50000"), 0)
    const here = ["9.9.9.9:50000", "9.9.9.9:6881", "192.168.1.7:6881", "[fe80::1]:6881", "9.9.9.9:7000", "8.8.8.8:1"]
    const told = exchange.tell(
      here.map((name) => neighbour(name)),
      6881,
      1000,
    )
    assert.deepStrictEqual(
      told?.added.map(({ peer }) => NetAddress.formatInet(peer)),
      ["9.9.9.9:7000", "8.8.8.8:1"],
    )
  })

  it("is told of our own network where it is in it", () => {
    const exchange = new Exchange(inet("192.168.1.2:50000"), 0)
    assert.strictEqual(exchange.tell([neighbour("192.168.1.7:6881")], 6881, 1000)?.added.length, 1)
  })

  it("is heard once a minute for ever, and a flood a few times", () => {
    const payload = PeerExchange.toBytes({ added: [numbered(1)], dropped: [] })
    const honest = new Exchange(peer, 0)
    for (let now = 0; now < 1000 * minute; now += minute) assert.strictEqual(hear(honest, payload, now), 1)
    const flood = new Exchange(peer, 0)
    let heard = 0
    let told = 0
    for (let now = 0, said: unknown = 0; said !== "flood"; now += 100, told++) {
      said = hear(flood, payload, now)
      if (said === 1) heard++
    }
    assert.isAtMost(heard, 5)
    assert.isAtMost(told, 110)
  })

  const Pauses = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 * minute })))
  it.prop(
    "is no flood, however unevenly it comes, while it is no more than ten a minute; and no more than one in 45 s of it is read",
    [Pauses],
    ([pauses]) => {
      const payload = PeerExchange.toBytes({ added: [numbered(1)], dropped: [] })
      const exchange = new Exchange(peer, 0)
      let now = 0
      let read = 0
      for (const [index, pause] of pauses.entries()) {
        now = Math.max(now + pause, (index - 99) * 6000)
        const said = hear(exchange, payload, now)
        assert.notStrictEqual(said, "flood")
        if (said === 1) read++
        assert.isAtMost(read, 4 + now / 45_000)
      }
    },
  )

  it("of a flood no byte is looked at", () => {
    const exchange = new Exchange(peer, 0)
    const touched = new Proxy(new Uint8Array(0), {
      get: () => assert.fail("it was looked at"),
    })
    const payload = PeerExchange.toBytes({ added: [numbered(1)], dropped: [] })
    for (let count = 0; count < 4; count++) assert.strictEqual(hear(exchange, payload, 0), 1)
    for (let count = 4; count < 100; count++) assert.strictEqual(hear(exchange, touched, 0), 0)
    for (let count = 0; count < 100; count++) assert.strictEqual(hear(exchange, touched, 0), "flood")
  })
})

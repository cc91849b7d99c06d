import { expect, it } from "@effect/vitest"
import { LocalDiscovery } from "@unchoke/protocol"
import { Schema } from "effect"
import { mutate, Mutations } from "./mutation.ts"

const [ipv4, ipv6] = LocalDiscovery.groups
const bytes = (text: string) => new Uint8Array(Buffer.from(text))
const hash = (digit: string) => digit.repeat(40)

const Digit = Schema.Literals([..."0123456789abcdef"])
const Announcement = Schema.Struct({
  port: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 })),
  infoHashes: Schema.Array(Digit).check(Schema.isMinLength(1), Schema.isMaxLength(LocalDiscovery.mostInfoHashes)),
  cookie: Schema.UndefinedOr(Schema.Literals(["9c4f2", "a cookie"])),
})

it.prop("what is said is what is heard, and fits into a packet", [Announcement], ([{ cookie, infoHashes, port }]) => {
  const said = { port, infoHashes: infoHashes.map(hash), cookie }
  for (const group of LocalDiscovery.groups) {
    const datagram = LocalDiscovery.toBytes(said, group)
    expect(datagram.length).toBeLessThanOrEqual(1400)
    expect(LocalDiscovery.fromBytes(datagram)).toEqual(said)
  }
})

it("it is what others send (BEP 14)", () => {
  const said = { port: 6881, infoHashes: [hash("a")], cookie: "1f" }
  expect(Buffer.from(LocalDiscovery.toBytes(said, ipv4!)).toString()).toBe(
    `BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\nInfohash: ${hash("a")}\r\ncookie: 1f\r\n\r\n\r\n`,
  )
  expect(Buffer.from(LocalDiscovery.toBytes(said, ipv6!)).toString()).toContain("Host: [ff15::efc0:988f]:6771\r\n")
})

it.prop(
  "names in either case, any line ends, headers that nobody knows",
  [
    Schema.Literals(["\r\n", "\n"]),
    Schema.Literals(["Port", "PORT", "port"]),
    Schema.Literals(["INFOHASH", "infohash"]),
  ],
  ([end, port, infohash]) => {
    const lines = [
      "BT-SEARCH * HTTP/1.1",
      "X-Other: 1",
      `${port}:51413 `,
      `${infohash}:  ${hash("AB").slice(0, 40)}`,
      "",
      "",
    ]
    expect(LocalDiscovery.fromBytes(bytes(lines.join(end)))).toEqual({
      port: 51_413,
      infoHashes: [hash("ab").slice(0, 40)],
      cookie: undefined,
    })
  },
)

it("what says less, or something else, is no announcement", () => {
  for (const text of [
    "",
    "GET / HTTP/1.1\r\nPort: 1\r\nInfohash: " + hash("a"),
    `BT-SEARCH * HTTP/1.1\r\nInfohash: ${hash("a")}\r\n\r\n`,
    `BT-SEARCH * HTTP/1.1\r\nPort: 0\r\nInfohash: ${hash("a")}\r\n\r\n`,
    `BT-SEARCH * HTTP/1.1\r\nPort: 65536\r\nInfohash: ${hash("a")}\r\n\r\n`,
    "BT-SEARCH * HTTP/1.1\r\nPort: 6881\r\nInfohash: abc\r\n\r\n",
    `BT-SEARCH * HTTP/1.1\r\nPort: 6881\r\n\r\nInfohash: ${hash("a")}\r\n`,
    `BT-SEARCH * HTTP/1.1\r\nPort: 6881\r\nInfohash: ${hash("a")}\r\nX: ${"x".repeat(2000)}\r\n\r\n`,
  ]) {
    expect(LocalDiscovery.fromBytes(bytes(text))).toBeUndefined()
  }
})

it.prop("any damage is survived", [Announcement, Mutations], ([{ cookie, infoHashes, port }, mutations]) => {
  const datagram = LocalDiscovery.toBytes({ port, infoHashes: infoHashes.map(hash), cookie }, ipv4!)
  const heard = LocalDiscovery.fromBytes(mutate(datagram, mutations))
  if (heard === undefined) return
  expect(heard.port).toBeGreaterThan(0)
  expect(heard.port).toBeLessThan(65_536)
  expect(heard.infoHashes.length).toBeGreaterThan(0)
  expect(heard.infoHashes.length).toBeLessThanOrEqual(LocalDiscovery.mostInfoHashes)
  for (const infoHash of heard.infoHashes) expect(infoHash).toMatch(/^[\da-f]{40}$/u)
})

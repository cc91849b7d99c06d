import { assert, describe, expect, it } from "@effect/vitest"
import { MagnetLink } from "@unchoke/protocol"
import { Result, Schema } from "effect"
import * as Hex from "effect/encoding/Hex"
import { Host } from "effect/net"

const hash = "c12fe1c06bba254a9dc9f519b335aa7c1367a88a"
const base32 = "YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK"
const xt = `xt=urn:btih:${hash}`

const read = (text: string) => Result.getOrThrow(MagnetLink.fromString(text))
const fault = (text: string) => {
  const result = MagnetLink.fromString(text)
  assert.isTrue(Result.isFailure(result), "it was taken")
  return Result.isFailure(result) ? result.failure : ""
}
const hashOf = (text: string) => Hex.encode(read(text).infoHash)
const peersOf = (text: string) => read(text).peers.map(Host.formatHostPort)

describe("info hashes", () => {
  it.each([
    ["in hex", `magnet:?${xt}`],
    ["in upper case", `MAGNET:?XT=URN:BTIH:${hash.toUpperCase()}`],
    ["in base32", `magnet:?xt=urn:btih:${base32}`],
    ["in base32, lower case", `magnet:?xt=urn:btih:${base32.toLowerCase()}`],
    ["alone", hash],
    ["alone, in upper case and among white space", `  ${hash.toUpperCase()}\n`],
    ["numbered", `magnet:?xt.1=urn:btih:${hash}`],
    ["percent-encoded, key and value", `magnet:?x%74=urn%3Abtih%3A${hash}`],
    ["beside one of v2", `magnet:?xt=urn:btmh:1220${"ab".repeat(32)}&${xt}`],
    ["beside other networks' and one that is no hash", `magnet:?xt=urn:sha1:ABC&xt=urn:btih:zz&${xt}`],
    ["the first of two", `magnet:?${xt}&xt=urn:btih:${"0".repeat(40)}`],
    ["behind an ampersand of HTML", `magnet:?dn=x&amp;${xt}`],
  ])("%s", (_, link) => expect(hashOf(link)).toBe(hash))

  it("base32 is that of RFC 4648, for every hash", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    for (let seed = 0; seed < 200; seed++) {
      const bytes = Uint8Array.from({ length: 20 }, (_, i) => (seed * 31 + i * 57 + ((seed * i) % 13)) & 0xff)
      const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("")
      const text = bits.replaceAll(/.{5}/g, (five) => alphabet[Number.parseInt(five, 2)]!)
      expect(hashOf(`magnet:?xt=urn:btih:${text}`)).toBe(Hex.encode(bytes))
    }
  })
})

describe("wrong ones are told what is wrong", () => {
  it.each([
    ["magnet:", "does not begin with magnet:?"],
    [`magnet:${xt}`, "does not begin with magnet:?"],
    ["https://example.org/x.torrent", "does not begin with magnet:?"],
    [hash.slice(1), "does not begin with magnet:?"],
    ["magnet:?", "has no info hash: xt=urn:btih: is missing"],
    ["magnet:?dn=x&tr=udp://a:1", "has no info hash: xt=urn:btih: is missing"],
    [`magnet:?xt=${hash}`, "is not a BitTorrent link: it has no xt=urn:btih:"],
    ["magnet:?xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C", "is not a BitTorrent link: it has no xt=urn:btih:"],
    [`magnet:?xt=urn:btmh:1220${"ab".repeat(32)}`, "is of BitTorrent v2 alone (btmh), which is not supported yet"],
    [
      `magnet:?xt=urn:btih:${hash.slice(1)}`,
      "has an info hash of 39 characters that is neither 40 hex digits nor 32 letters and digits of base32",
    ],
    [
      `magnet:?xt=urn:btih:${base32.replace("Y", "1")}`,
      "has an info hash of 32 characters that is neither 40 hex digits nor 32 letters and digits of base32",
    ],
    [`magnet:?${xt}&dn=${"x".repeat(MagnetLink.maxLength)}`, "is longer than 262144 characters"],
  ])("%.60s", (link, words) => expect(fault(link)).toBe(words))
})

describe("who means one", () => {
  it.each(["magnet:", "Magnet:?x", ` ${hash}`, hash.toUpperCase()])("%s is one", (text) =>
    expect(MagnetLink.isMeant(text)).toBe(true),
  )
  it.each(["x.torrent", "./magnet", `${hash}.torrent`, hash.slice(1), "", "magnets/x"])("%s is none", (text) =>
    expect(MagnetLink.isMeant(text)).toBe(false),
  )
})

describe("what else is in it", () => {
  it("a name: the first that says something, with its percent-encoding mended", () => {
    expect(read(`magnet:?${xt}&dn=&dn=a+b%20c%2Bd&dn=other`).name).toBe("a b c+d")
    expect(read(`magnet:?${xt}&dn=100%&x`).name).toBe("100%")
    expect(read(`magnet:?${xt}&dn=%zz%4`).name).toBe("%zz%4")
    expect(read(`magnet:?${xt}&dn=%e4%ff`).name).toBe("_")
    expect(read(`magnet:?${xt}&dn=%e2%82%ac`).name).toBe("€")
    expect(read(`magnet:?${xt}&dn`).name).toBeUndefined()
  })

  it("trackers, each in a tier of its own and once; what can't be called is said", () => {
    const link = read(
      `magnet:?${xt}&tr=udp%3A%2F%2Fa.example%3A1&tr.2=http://b.example/announce&TR=udp://a.example:1&tr=wss://c.example&tr=`,
    )
    expect(link.trackers.map((tier) => tier.length)).toEqual([1, 1])
    expect(link.unusedTrackers.map(({ url }) => url)).toEqual(["wss://c.example"])
  })

  it("peers: addresses of both families and names; what is none is left out", () => {
    expect(
      peersOf(
        `magnet:?${xt}&x.pe=192.0.2.1:6881&x.pe=%5B2001:db8::1%5D:51413&x.pe=peer.example.org:1&x.pe=nonsense&x.pe=1.2.3.4:0&x.pe=1.2.3.4:65536&x.pe=`,
      ),
    ).toEqual(["192.0.2.1:6881", "[2001:db8::1]:51413", "peer.example.org:1"])
  })

  it("web seeds, each once", () => {
    expect(read(`magnet:?${xt}&ws=http://a/x&ws=http%3A%2F%2Fa%2Fx&ws=`).webSeeds).toEqual(["http://a/x"])
  })

  it("files that are wanted: ranges that cost nothing, however long", () => {
    expect(read(`magnet:?${xt}&so=0-30000000`).select).toEqual([{ first: 0, last: 30_000_000 }])
    expect(read(`magnet:?${xt}&so=0,2,4-6,x,9-7,-1,1-2-3,99999999999`).select).toEqual([
      { first: 0, last: 0 },
      { first: 2, last: 2 },
      { first: 4, last: 6 },
    ])
    expect(read(`magnet:?${xt}&so=x`).select).toBeUndefined()
    expect(read(`magnet:?${xt}&so=${"1,".repeat(90_000)}`).select).toHaveLength(100)
  })

  it("there is a most of everything", () => {
    const many = Array.from(
      { length: 2000 },
      (_, i) => `x.pe=1.1.1.1:${i + 1}&ws=http://a/${i}&tr=udp://a.example:${i + 1}`,
    )
    const link = read(`magnet:?${xt}&${many.join("&")}`)
    expect(link.peers).toHaveLength(100)
    expect(link.webSeeds).toHaveLength(100)
    expect(link.trackers.length).toBeLessThanOrEqual(1000)
  })
})

const Text = Schema.String.check(Schema.isMaxLength(40))
const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))

/** What is left of a text after it was in a link. */
const asNamed = (text: string): string => text.toWellFormed().trim()

describe("a link that we print", () => {
  it.prop(
    "reads as the same, whatever its name is",
    [
      Byte,
      Text,
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))).check(Schema.isMaxLength(5)),
      Schema.Array(Text).check(Schema.isMaxLength(3)),
    ],
    ([byte, text, ports, paths]) => {
      const infoHash = Uint8Array.from({ length: 20 }, (_, i) => byte ^ (31 * i))
      const name = asNamed(text) || undefined
      const link: MagnetLink.MagnetLink = {
        ...MagnetLink.ofHash(infoHash),
        name,
        trackers: [...new Set(ports)].map((port) => [`udp://tracker.example:${port}`]),
        webSeeds: [...new Set(paths.map((path) => `http://web.example/${asNamed(path)}`))],
      }
      const again = read(MagnetLink.toString(link))
      expect(again.infoHash).toEqual(infoHash)
      expect(again.name).toBe(name)
      expect(again.trackers.flat()).toEqual(link.trackers.flat())
      expect(again.webSeeds).toEqual(link.webSeeds)
    },
    { arbitrary: { runs: 300 } },
  )
})

/** What a link is made of, and what it should not be. */
const Part = Schema.Literals([
  "magnet:?",
  xt,
  "xt=urn:btmh:",
  "&",
  "&amp;",
  "=",
  "%",
  "%4",
  "%zz",
  "%ff%00",
  "+",
  "tr=udp://a:1",
  "x.pe=[::1%eth0]:1",
  "x.pe=1.2.3.4:5",
  "so=0-30000000",
  "dn=",
  ".1.1",
  "\ud800",
  "\u{1f600}",
  " ",
])

it.prop(
  "whatever stands in it, it is read or refused, and what is read is bounded",
  [Schema.Array(Schema.Union([Part, Text])).check(Schema.isMaxLength(40)), Schema.Boolean],
  ([parts, begun]) => {
    const text = `${begun ? `magnet:?${xt}&` : ""}${parts.join("")}`
    MagnetLink.isMeant(text)
    const link = MagnetLink.fromString(text)
    if (Result.isFailure(link)) return expect(link.failure).toMatch(/^(?:is|has|does) .+/)
    expect(link.success.infoHash).toHaveLength(20)
    // What was read can be printed, and names the same torrent.
    expect(hashOf(MagnetLink.toString(link.success))).toBe(Hex.encode(link.success.infoHash))
  },
  { arbitrary: { runs: 1000 } },
)

it.each([
  ["%"],
  ["%41"],
  ["%e4"],
  ["&"],
  ["&amp;"],
  ["="],
  ["+"],
  ["tr=udp://a:1&"],
  ["x.pe=1.2.3.4:1&"],
  ["so=1,2&"],
  ["xt=urn:btih:&"],
  ["a.1.1"],
  [" "],
  ["\u{1f600}"],
  ["\ud800"],
])("200 KiB of %j are read", (unit) => {
  const text = `magnet:?${xt}&dn=${unit.repeat(200_000 / unit.length)}`
  expect(hashOf(text)).toBe(hash)
})

describe("as it may be shown", () => {
  it.each([
    [hash, hash],
    [`magnet:?${xt}&dn=A+b&so=1-3&x.pe=1.2.3.4:5`, `magnet:?${xt}&dn=A+b&so=1-3&x.pe=1.2.3.4:5`],
    // Nobody's pass key: it stays a link that can be used.
    [`magnet:?${xt}&tr=udp%3A%2F%2Ft%3A1%2Fannounce`, `magnet:?${xt}&tr=udp%3A%2F%2Ft%3A1%2Fannounce`],
    [`magnet:?${xt}&tr.1=https%3A%2F%2Ft%2Fsecret123%2Fannounce`, `magnet:?${xt}&tr.1=https://t/…/announce`],
    [`magnet:?${xt}&ws=https://me:pass@h/f?token=secret123`, `magnet:?${xt}&ws=https://h/f?…`],
    [`magnet:?${xt}&x.key=secret123`, `magnet:?${xt}&x.key=…`],
    ["magnet:nonsense", "magnet:nonsense"],
  ])("%s", (link, shown) => expect(MagnetLink.shown(link)).toBe(shown))

  it.prop(
    "it tells no pass key, wherever that is, and the hash and the host",
    [
      Schema.String.check(Schema.isPattern(/^[0-9a-f]{31}[0-9]$/)),
      Schema.Literals(["tr", "TR", "tr.12", "t%72", "ws", "as", "xs.1"]),
      Schema.Literals([
        "https://t.example/KEY/announce",
        "https://t.example/f?passkey=KEY",
        "http://KEY:KEY@t.example/",
      ]),
      Schema.Boolean,
    ],
    ([key, name, shape, isEncoded]) => {
      const url = shape.replaceAll("KEY", key)
      const shown = MagnetLink.shown(`magnet:?${name}=${isEncoded ? encodeURIComponent(url) : url}&amp;${xt}`)
      expect(shown).not.toContain(key)
      expect(shown).toContain(hash)
      expect(shown).toContain("t.example")
    },
  )
})

/** Web seeds that torrents name, and where they have which file. */
import { describe, expect, it } from "@effect/vitest"
import type { Bencode } from "@unchoke/protocol"
import { Metainfo, TorrentWebSeeds, WebSeedUrl } from "@unchoke/protocol"
import { Effect, Result, Schema } from "effect"
import { manyFiles, singleFile, torrent } from "./torrents.ts"

const read = (list: Bencode.BencodeInput, info = singleFile()) =>
  Result.getOrThrow(Metainfo.fromBytes(torrent(info, { "url-list": list })))

describe("web seeds", () => {
  it("are a list, or one; each once, those that cannot be asked with the reason", () => {
    expect(read("http://a/").webSeeds).toEqual(["http://a/"])
    const { unusedWebSeeds, webSeeds } = read([
      " http://a/ ",
      "http://a/",
      "",
      "HTTPS://b:8443/x y?z",
      7,
      ["http://c/"],
      { d: "http://d/" },
      new Uint8Array([0xff, 0xfe]),
      "ftp://a/",
      "udp://a:1/",
      "http://me:secret@a/",
      `http://a/${"x".repeat(3000)}`,
      "nothing",
    ])
    expect(webSeeds).toEqual(["http://a/", "HTTPS://b:8443/x y?z"])
    expect(unusedWebSeeds.map(({ why }) => why)).toEqual([
      "not an URL",
      "ftp is not supported",
      "udp is not supported",
      "user names are not supported",
      "longer than 2048 bytes",
      "not an URL",
    ])
    expect(unusedWebSeeds.map(({ url }) => WebSeedUrl.shown(url))[3]).toBe("http://a/")
  })

  it("are nothing where there is rubbish, and not too many", () => {
    for (const rubbish of [7, {}, "", [], [[]], [7]]) {
      expect(read(rubbish)).toMatchObject({ webSeeds: [], unusedWebSeeds: [] })
    }
    const { unusedWebSeeds, webSeeds } = read(Array.from({ length: 1000 }, (_, nth) => `http://a${nth}/`))
    expect(webSeeds).toHaveLength(TorrentWebSeeds.maxWebSeeds)
    expect(unusedWebSeeds).toHaveLength(100)
    expect(unusedWebSeeds[0]!.why).toBe("one of more than 50")
    const ofOne = read(Array.from({ length: 1000 }, (_, nth) => `http://a/${nth}`))
    expect(ofOne.webSeeds).toHaveLength(TorrentWebSeeds.maxPerHost)
    expect(ofOne.unusedWebSeeds[0]!.why).toBe("one of more than 4 of one host")
  })

  it.effect.prop(
    "are read again as what they were",
    [Schema.Array(Schema.Literals(["http://a/", "http://b/c?d", "ftp://e/", "rubbish", "https://[::1]:1/"]))],
    ([urls]) =>
      Effect.sync(() => {
        const before = read(urls)
        const after = Result.getOrThrow(Metainfo.fromBytes(Metainfo.toBytes(before)))
        expect(after.webSeeds).toEqual(before.webSeeds)
        expect(after.unusedWebSeeds).toEqual(before.unusedWebSeeds)
      }),
  )
})

describe("a file of a web seed", () => {
  it("is the URL itself, or lies behind it", () => {
    const [single] = WebSeedUrl.namesOf(read([]))
    expect(WebSeedUrl.ofFile("http://a/x.bin", single!)).toBe("http://a/x.bin")
    expect(WebSeedUrl.ofFile("http://a/x/", single!)).toBe("http://a/x/file.bin")
    expect(WebSeedUrl.ofFile("http://a/x/#there/", single!)).toBe("http://a/x/file.bin")
    const many = read([], manyFiles([{ path: ["a b", "c"], length: 1 }]))
    expect(WebSeedUrl.ofFile("http://a/x", WebSeedUrl.namesOf(many)[0]!)).toBe("http://a/x/folder/a%20b/c")
    expect(WebSeedUrl.ofFile("http://a/?get=/", WebSeedUrl.namesOf(many)[0]!)).toBe("http://a/?get=/folder/a%20b/c")
  })

  it("has the name that stands in the torrent, whatever we call it", () => {
    const info = manyFiles(
      [
        { path: [new Uint8Array([0xe9]), "a/b"], length: 1 },
        { path: ["A"], length: 1 },
        { path: ["a"], length: 1 },
        { path: ["wrong"], "path.utf-8": ["\u00e9"], length: 1 },
        { path: ["", "x", "."], length: 1 },
        { path: [""], length: 1 },
      ],
      { name: "wrong", "name.utf-8": "\u00fc" },
    )
    const metainfo = read([], info)
    const urls = WebSeedUrl.namesOf(metainfo).map((names) => WebSeedUrl.ofFile("http://a/", names))
    expect(urls).toEqual([
      "http://a/%C3%BC/%E9/a%2Fb",
      "http://a/%C3%BC/A",
      "http://a/%C3%BC/a",
      "http://a/%C3%BC/%C3%A9",
      // Nothing that can be asked for: the names that we gave them.
      "http://a/%C3%BC/_/x",
      "http://a/%C3%BC/_.1",
    ])
  })
})

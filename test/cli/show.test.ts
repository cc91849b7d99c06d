import { assert, describe, it } from "@effect/vitest"
import { Bencode, Metainfo } from "@unchoke/protocol"
import { Content } from "@unchoke/testkit"
import { Result } from "effect"
import type { Torrent } from "@unchoke/engine"
import { fileList, readable } from "../../packages/cli/src/render/fileList.ts"
import { wrap } from "../../packages/cli/src/render/text.ts"
import { plain } from "../../packages/cli/src/render/style.ts"
import { torrentJson, torrentSheet } from "../../packages/cli/src/render/torrentSheet.ts"

const file = (length: number, ...path: ReadonlyArray<string>) => ({ path, length })

/** A set of files with everything that a torrent may say. */
const talkative = (): Torrent => {
  const content = Content.make({
    name: "set",
    pieceLength: 16_384,
    private: true,
    files: [file(20_000, "a", "one.bin"), file(0, "a", "\u001b[2Jempty"), file(500, "two.bin")],
  })
  const bytes = Bencode.encode({
    announce: "http://one/announce",
    "announce-list": [
      ["http://one/announce", "udp://two:1"],
      ["udp://three:1", "wss://four"],
    ],
    comment: "seen\u0007it",
    "created by": "mktorrent 1.1",
    "creation date": 1_700_000_000,
    httpseeds: ["http://six/", 6],
  })
  const after = Bencode.encode({ nodes: [["seven", 7], "junk"], "url-list": "http://five/" })
  const root = Result.getOrThrow(Metainfo.fromBytes(withInfo(bytes, content.torrent.info, after)))
  return { ...root, infoHash: content.torrent.infoHash }
}

/** Puts `info` between two dictionaries. */
const withInfo = (before: Uint8Array, info: Uint8Array, after: Uint8Array): Uint8Array =>
  Buffer.concat([before.subarray(0, -1), Buffer.from("4:info"), info, after.subarray(1)])

describe("what is in a torrent", () => {
  it("as a sheet", () => {
    const { torrent } = Content.make({ name: "film.mkv", files: 100_000, pieceLength: 16_384 })
    const hash = Buffer.from(torrent.infoHash).toString("hex")
    assert.deepStrictEqual(
      [...torrentSheet(torrent, false, plain)],
      [
        "film.mkv",
        `  info hash   ${hash}`,
        "  size        97.7 KiB (100,000 bytes)",
        "  pieces      7 of 16 KiB",
        "  files       1",
        "  trackers    none",
        "",
        " 97.7 KiB  film.mkv",
      ],
    )
  })

  it("its trackers are numbered where several are in a tier, and in any terminal stand below each other", () => {
    const urls = [
      "http://one.example.org:6969/announce",
      "udp://two.example.org/a",
      "https://three.example.org/announce",
    ]
    const shown = (trackers: ReadonlyArray<ReadonlyArray<string>>) =>
      [...torrentSheet({ ...talkative(), trackers }, false, plain)].slice(9, 12)
    assert.deepStrictEqual(
      shown(urls.map((url) => [url])).map((line) => line.slice(14)),
      urls,
    )
    assert.match(shown([urls, urls])[0]!, / 1\. http.* {2}udp.* {2}https/)
    for (let columns = 40; columns <= 90; columns++) {
      const lines = wrap(shown(urls.map((url) => [url])).join("\n"), columns).split("\n")
      const starts = new Set(lines.flatMap((line) => (/^( *)(?:http|udp)/.exec(line) ?? []).slice(1)))
      assert.isAtMost(starts.size, 2, lines.join("\n"))
    }
  })

  it("with all that it says, made harmless", () => {
    const sheet = [...torrentSheet(talkative(), false, plain)]
    assert.deepStrictEqual(sheet.slice(2), [
      "  size        20 KiB (20,500 bytes)",
      "  pieces      2 of 16 KiB",
      "  files       3",
      "  private     yes: peers come from its trackers only",
      "  created     2023-11-14 22:13 UTC",
      "  created by  mktorrent 1.1",
      "  comment     seen�it",
      "  trackers    1. http://one/announce  udp://two:1",
      "              2. udp://three:1",
      "  web seeds   http://five/",
      "  not used    tracker wss://four: wss is not supported",
      "              DHT node seven:7: a private torrent is looked for at its trackers alone",
      "              web seed http://six/: web seeds by BEP 17 are not supported",
      "",
      "   20 KiB  set/",
      " 19.5 KiB    a/",
      " 19.5 KiB      one.bin",
      "      0 B      �[2Jempty",
      "    500 B    two.bin",
    ])
  })

  it("as JSON, as it is", () => {
    assert.deepStrictEqual(JSON.parse([...torrentJson(talkative())].join("\n")), {
      name: "set",
      infoHash: Buffer.from(talkative().infoHash).toString("hex"),
      length: 20_500,
      pieces: 2,
      pieceLength: 16_384,
      private: true,
      trackers: [["http://one/announce", "udp://two:1"], ["udp://three:1"]],
      webSeeds: ["http://five/"],
      dhtNodes: [],
      notUsed: [
        { what: "tracker", name: "wss://four", why: "wss is not supported" },
        { what: "DHT node", name: "seven:7", why: "a private torrent is looked for at its trackers alone" },
        { what: "web seed", name: "http://six/", why: "web seeds by BEP 17 are not supported" },
      ],
      comment: "seen\u0007it",
      createdBy: "mktorrent 1.1",
      creationDate: 1_700_000_000,
      files: [
        { number: 1, path: "set/a/one.bin", length: 20_000 },
        { number: 2, path: "set/a/\u001b[2Jempty", length: 0 },
        { number: 3, path: "set/two.bin", length: 500 },
      ],
    })
  })
})

describe("what is too long", () => {
  const torrent = { ...talkative(), comment: "c\u0000".repeat(100_000) }

  it("is cut where nobody reads on", () => {
    const long = "w".repeat(100_000)
    const unusedTrackers = Array.from({ length: 50 }, () => ({
      url: long,
      why: "not an URL",
      member: "announce" as const,
    }))
    const sheet = [...torrentSheet({ ...torrent, unusedTrackers }, false, plain)]
    assert.include(sheet.join("\n"), "\n              … and 32 more\n")
    assert.isTrue(sheet.every((line) => line.length < 10_100))
    const json = JSON.parse([...torrentJson({ ...torrent, unusedTrackers })].join("\n"))
    assert.lengthOf(json.comment, 10_001)
    assert.lengthOf(json.notUsed, 52)
    assert.lengthOf(json.notUsed[0].name, 10_001)
  })

  it("JSON without files is JSON", () => {
    assert.deepStrictEqual(JSON.parse([...torrentJson({ ...torrent, files: [] })].join("\n")).files, [])
  })
})

describe("the list of files", () => {
  const files = (amount: number, pathOf: (at: number) => ReadonlyArray<string>): Torrent["files"] =>
    Array.from({ length: amount }, (_, at) => ({ path: pathOf(at), length: 1024, offset: at * 1024, padding: false }))

  it("sums up folders that would be too long", () => {
    const many = files(3000, (at) => ["set", `disc ${at % 3}`, `track ${at}`])
    assert.deepStrictEqual(
      [...fileList(many, false)],
      [
        " 2.93 MiB  set/",
        " 0.98 MiB    disc 0/ (1,000 files)",
        " 0.98 MiB    disc 1/ (1,000 files)",
        " 0.98 MiB    disc 2/ (1,000 files)",
        "",
        "--files lists every file.",
      ],
    )
    assert.lengthOf([...fileList(many, true)], 3000 + 4)
  })

  it("opens the small folders beside the large ones", () => {
    const many = files(1002, (at) => (at < 1000 ? ["set", "many", `${at}`] : ["set", "few", `${at}`]))
    const list = [...fileList(many, false)]
    assert.deepStrictEqual(
      list.slice(0, 5).map((line) => line.slice(11)),
      ["set/", "  many/ (1,000 files)", "  few/", "    1000", "    1001"],
    )
  })

  it("ends where nobody reads on", () => {
    const many = files(200_000, (at) => ["set", `${at}`])
    const list = [...fileList(many, false)]
    assert.lengthOf(list, readable + 3)
    assert.match(list[readable]!, /… and 199,941 more/)
    assert.lengthOf([...fileList(many, true)], 200_001)
  })

  it("nests as deep as a torrent may", () => {
    const deep = files(1, () => Array.from({ length: 102 }, () => "a"))
    assert.lengthOf([...fileList(deep, false)], readable + 3)
    assert.lengthOf([...fileList(deep, true)], 102)
  })

  it("leaves out padding", () => {
    const [one, two] = files(2, (at) => ["set", `${at}`])
    assert.lengthOf([...fileList([one!, { ...two!, padding: true }], false)], 2)
  })
})

import { expect, it } from "@effect/vitest"
import { Bencode, FilePath, Metainfo } from "@unchoke/protocol"
import { Effect, Result, Schema } from "effect"
import { resolve, sep } from "node:path"
import { mutate, Mutations } from "./mutation.ts"
import { manyFiles, singleFile, torrent } from "./torrents.ts"

const load = (info: Bencode.BencodeInput, changes: Bencode.BencodeInputDictionary = {}) =>
  Result.getOrThrow(Metainfo.fromBytes(torrent(info, changes)))
const faultOf = (bytes: Uint8Array) =>
  Result.match(Metainfo.fromBytes(bytes), {
    onSuccess: () => "loaded",
    onFailure: ({ field, why }) => `${field} ${why}`,
  })
const pathsOf = (files: Parameters<typeof manyFiles>[0]) =>
  load(manyFiles(files)).files.map(({ path }) => path.slice(1).join("/"))

it("a single file", () => {
  const bytes = torrent(singleFile(), { comment: "hello", "created by": "me", "creation date": 1_700_000_000 })
  const metainfo = Result.getOrThrow(Metainfo.fromBytes(bytes))
  expect(metainfo).toMatchObject({
    name: "file.bin",
    geometry: { pieceLength: 16_384, length: 40_000, pieces: 3 },
    files: [{ path: ["file.bin"], offset: 0, length: 40_000, padding: false }],
    private: false,
    trackers: [["http://tracker.example/announce"]],
    comment: "hello",
    createdBy: "me",
    creationDate: 1_700_000_000,
  })
  expect(metainfo.pieceHashes).toEqual(new Uint8Array(60).fill(7))
  expect(metainfo.info).toEqual(Bencode.encode(singleFile()))
})

it("many files lie one after the other, empty ones included", () => {
  const { files, geometry } = load(
    manyFiles([
      { path: ["a"], length: 10_000 },
      { path: ["sub", "empty"], length: 0 },
      { path: ["sub", "b"], length: 20_000 },
    ]),
  )
  expect(geometry).toEqual({ pieceLength: 16_384, length: 30_000, pieces: 2 })
  expect(files).toEqual([
    { path: ["folder", "a"], offset: 0, length: 10_000, padding: false },
    { path: ["folder", "sub", "empty"], offset: 10_000, length: 0, padding: false },
    { path: ["folder", "sub", "b"], offset: 10_000, length: 20_000, padding: false },
  ])
})

it("views of a Buffer are plain bytes, whose `slice` copies", () => {
  const { info, pieceHashes } = Result.getOrThrow(Metainfo.fromBytes(Buffer.from(torrent(singleFile()))))
  for (const bytes of [info, pieceHashes]) expect(bytes.constructor).toBe(Uint8Array)
})

it("what is written again can be read again, whatever the unknown keys were", () => {
  const members = `6:lengthi1e4:name1:a12:piece lengthi1e6:pieces20:${"h".repeat(20)}`
  const bytes = Buffer.from(`d5:\xef\xbb\xbf_ai1e4:infod${members}e2:\xffai2ee`, "latin1")
  const metainfo = Result.getOrThrow(Metainfo.fromBytes(new Uint8Array(bytes)))
  expect([...metainfo.unknown.keys()]).toEqual(["\ufeff_a", "_a"])
  expect(Result.isSuccess(Metainfo.fromBytes(Metainfo.toBytes(metainfo)))).toBe(true)
})

it("`info` is taken byte for byte: unsorted keys and unknown ones stay as they are", () => {
  const info = `d6:pieces20:${"h".repeat(20)}4:name1:x12:piece lengthi16384e6:lengthi5e3:foo3:bare`
  const metainfo = Result.getOrThrow(Metainfo.fromBytes(Buffer.from(`d3:zzzi1e4:info${info}8:announce3:abce`)))
  expect(Buffer.from(metainfo.info).toString()).toBe(info)
  expect([...metainfo.unknown.keys()]).toEqual(["zzz"])
  expect(Result.getOrThrow(Bencode.decode(metainfo.unknownInfo.get("foo")!))).toEqual(
    new Uint8Array(Buffer.from("bar")),
  )
})

it("private, and UTF-8 variants of names come first", () => {
  const {
    files,
    name,
    private: isPrivate,
  } = load(manyFiles([{ path: ["old"], "path.utf-8": ["日本"], length: 5 }], { private: 1, "name.utf-8": "名" }))
  expect(isPrivate).toBe(true)
  expect(name).toBe("名")
  expect(files[0]!.path).toEqual(["名", "日本"])
})

it("padding files are marked, whatever they are called and however often", () => {
  const metainfo = load(
    manyFiles([
      { path: ["a"], length: 10_000 },
      { path: [".pad", "6384"], length: 6384, attr: "p" },
      { path: ["b"], length: 10_000 },
      { path: [".pad", "6384"], length: 6384 },
      { path: ["_____padding_file_3_看到此文件"], length: 3 },
      { path: ["../x"], length: 3, attr: "xp" },
      { path: [".pad", "7"], length: 6384 },
    ]),
  )
  expect(metainfo.files.map(({ padding }) => padding)).toEqual([false, true, false, true, true, true, false])
})

it("trackers: tiers without repetitions, else `announce`", () => {
  const trackers = (changes: Bencode.BencodeInputDictionary) => load(singleFile(), changes).trackers
  const tiers = [["http://a/announce", " udp://b:1 ", 7, ""], [], "http://alone", ["http://a/announce"], ["junk"], 5]
  expect(trackers({ "announce-list": tiers })).toEqual([["http://a/announce", "udp://b:1"], ["http://alone"]])
  expect(trackers({ "announce-list": [["junk"]] })).toEqual([["http://tracker.example/announce"]])
  expect(trackers({ "announce-list": 3, announce: [1] })).toEqual([])
})

it("a tracker whose URL has spaces and the like in its path is called", () => {
  const url = "http://a/an nounce?key=100%&name=ä"
  const { trackers, unusedTrackers } = load(singleFile(), { announce: url })
  expect({ trackers, unusedTrackers }).toEqual({ trackers: [[url]], unusedTrackers: [] })
})

it("trackers that are not called are kept with the reason", () => {
  const many = Array.from({ length: 102 }, (_, i) => [`http://a/${i}`])
  const long = `http://${"x".repeat(5000)}/`
  const unused = (changes: Bencode.BencodeInputDictionary) => {
    const metainfo = load(singleFile(), changes)
    expect(Result.getOrThrow(Metainfo.fromBytes(Metainfo.toBytes(metainfo)))).toMatchObject({
      trackers: metainfo.trackers,
      unusedTrackers: metainfo.unusedTrackers,
    })
    return metainfo.unusedTrackers.map(({ member, url, why }) => [member, url, why])
  }
  expect(unused({ "announce-list": [["wss://c", "no url", "http://h/ok", "http://h h/"], ["udp://d"]] })).toEqual([
    ["announce-list", "wss://c", "wss is not supported"],
    ["announce-list", "no url", "not an URL"],
    ["announce-list", "http://h h/", "no valid host and port"],
    ["announce-list", "udp://d", "no port"],
    ["announce", "http://tracker.example/announce", "`announce-list` stands in its place"],
  ])
  expect(unused({ "announce-list": [["wss://c"]] })).toEqual([["announce-list", "wss://c", "wss is not supported"]])
  expect(unused({ announce: "junk" })).toEqual([["announce", "junk", "not an URL"]])
  expect(unused({ announce: long })).toEqual([["announce", long, "longer than 2048 bytes"]])
  expect(unused({ announce: undefined, "announce-list": many })).toEqual([
    ["announce-list", "http://a/100", "one of more than 100"],
    ["announce-list", "http://a/101", "one of more than 100"],
  ])
})

it("optional members that make no sense count as absent", () => {
  const metainfo = load(singleFile(), { comment: 1, "created by": ["x"], "creation date": "now" })
  expect(metainfo).toMatchObject({ comment: undefined, createdBy: undefined, creationDate: undefined })
  expect(load(singleFile(), { "creation date": -5 }).creationDate).toBeUndefined()
})

it("a hash of nothing at the end of full pieces is left out", () => {
  const emptyHash = Buffer.from("da39a3ee5e6b4b0d3255bfef95601890afd80709", "hex")
  const pieces = Buffer.concat([Buffer.alloc(40, 1), emptyHash])
  const metainfo = load(singleFile({ length: 32_768, pieces }))
  expect(metainfo.geometry.pieces).toBe(2)
  expect(metainfo.pieceHashes).toEqual(new Uint8Array(40).fill(1))
  expect(faultOf(torrent(singleFile({ length: 32_768, pieces: Buffer.alloc(60) })))).toContain("has 3 hashes")
})

it("a hybrid loads as version 1, a v2-only torrent is not supported yet", () => {
  const v2 = { "meta version": 2, "file tree": { "file.bin": { "": { length: 40_000 } } } }
  expect(load(singleFile(v2)).geometry.pieces).toBe(3)
  const alone = Metainfo.fromBytes(torrent(singleFile({ ...v2, pieces: undefined, length: undefined })))
  expect(alone).toMatchObject(Result.fail({ why: "is 2, which is not supported yet", unsupportedVersion: 2 }))
})

it.each([
  [Buffer.from("garbage"), "torrent is not valid bencode: not a value at byte 0"],
  [Buffer.from("<html>"), "torrent is not valid bencode: not a value at byte 0"],
  [Buffer.from("le"), "torrent is not a dictionary"],
  [Buffer.from("de"), "info is missing"],
  [torrent("x"), "info is not a dictionary"],
  [torrent(singleFile({ name: undefined })), "info.name is missing"],
  [torrent(singleFile({ name: 5 })), "info.name is not a byte string"],
  [torrent(singleFile({ name: "../x" })), "info.name leaves the download folder"],
  [torrent(singleFile({ "piece length": undefined })), "info.piece length is missing"],
  [torrent(singleFile({ "piece length": "x" })), "info.piece length is not an integer below 2^53"],
  [torrent(singleFile({ "piece length": 0 })), "info.piece length is 0"],
  [torrent(singleFile({ "piece length": -16_384 })), "info.piece length is -16384"],
  [torrent(singleFile({ "piece length": 2 ** 30 })), "info.piece length is 1073741824, more than 536870912"],
  [torrent(singleFile({ length: undefined })), "info.length is missing"],
  [torrent(singleFile({ length: "1" })), "info.length is not an integer below 2^53"],
  [torrent(singleFile({ length: -1 })), "info.length is -1"],
  [torrent(singleFile({ length: 0, pieces: "" })), "info.length leaves nothing to download: all files are empty"],
  [torrent(singleFile({ pieces: undefined })), "info.pieces is missing"],
  [torrent(singleFile({ pieces: [1] })), "info.pieces is not a byte string"],
  [torrent(singleFile({ pieces: "x".repeat(59) })), "info.pieces is 59 bytes, not a multiple of 20"],
  [
    torrent(singleFile({ pieces: "x".repeat(40) })),
    "info.pieces has 2 hashes, but 40000 bytes in pieces of 16384 are 3",
  ],
  [torrent(singleFile({ files: 1 })), "info.files is not a list"],
  [torrent(singleFile({ files: [] })), "info.files leaves nothing to download: all files are empty"],
  [torrent(singleFile({ files: [1] })), "info.files[0] is not a dictionary"],
  [torrent(singleFile({ files: [{ path: ["a"] }] })), "info.files[0].length is missing"],
  [torrent(singleFile({ files: [{ length: 1 }] })), "info.files[0].path is missing"],
  [torrent(singleFile({ files: [{ length: 1, path: "a" }] })), "info.files[0].path is not a list"],
  [torrent(singleFile({ files: [{ length: 1, path: [] }] })), "info.files[0].path is empty"],
  [torrent(singleFile({ files: [{ length: 1, path: [1] }] })), "info.files[0].path has a name that is no string"],
  [
    torrent(
      manyFiles([
        { path: ["a"], length: 1 },
        { path: ["b"], length: -1 },
      ]),
    ),
    "info.files[1].length is -1",
  ],
  [
    torrent(
      manyFiles([
        { path: ["a"], length: 1 },
        { path: ["..", "b"], length: 1 },
      ]),
    ),
    "info.files[1].path leaves the download folder",
  ],
  [
    torrent(
      singleFile({ files: Array.from({ length: 2 }, (_, i) => ({ length: Number.MAX_SAFE_INTEGER, path: [`${i}`] })) }),
    ),
    "info.files are more than 2^53 bytes together",
  ],
])("refuses, case %#: %s", (bytes, sentence) => {
  expect(faultOf(bytes)).toBe(sentence)
})

it("a fault says where the member stands", () => {
  const bytes = torrent(singleFile({ length: -1 }))
  const { offset } = Result.getOrThrow(Result.flip(Metainfo.fromBytes(bytes)))
  expect(Buffer.from(bytes).subarray(offset).toString()).toMatch(/^i-1e/)
})

it("a path that others have taken gets a number, as libtorrent gives it; files give way to folders", () => {
  const file = (...path: Array<string>) => ({ path, length: 1 })
  expect(pathsOf([file("a.txt"), file("a.txt"), file("a.txt"), file("A.TXT")])).toEqual([
    "a.txt",
    "a.1.txt",
    "a.2.txt",
    "A.3.TXT",
  ])
  expect(pathsOf([file("a.txt"), file("a.txt"), file("a.1.txt")])).toEqual(["a.txt", "a.1.txt", "a.1.1.txt"])
  expect(pathsOf([file("a"), file("a", "b")])).toEqual(["a.1", "a/b"])
  expect(pathsOf([file("a", "b", "c"), file("a", "b")])).toEqual(["a/b/c", "a/b.1"])
  expect(pathsOf([file("d.x", "a"), file("d.x", "a")])).toEqual(["d.x/a", "d.x/a.1"])
  expect(pathsOf([file(".hidden"), file(".hidden")])).toEqual([".hidden", ".1.hidden"])
  expect(pathsOf([file("A sentence. with dots"), file("A sentence. with dots")])).toEqual([
    "A sentence. with dots",
    "A sentence.1. with dots",
  ])
  expect(pathsOf([file("a."), file("a.")])).toEqual(["a.", "a.1."])
  expect(pathsOf([file("same."), file("same")])).toEqual(["same.", "same"])
  expect(pathsOf([file("a/b"), file("ab")])).toEqual(["ab", "ab.1"])
  expect(pathsOf([file("readme"), file("README"), file("ReadMe"), file("readme.1")])).toEqual([
    "readme",
    "README.1",
    "ReadMe.2",
    "readme.1.1",
  ])
  expect(pathsOf([file("a", "x"), file("A", "x")])).toEqual(["a/x", "A/x.1"])
  expect(pathsOf([file("DIR"), file("dir", "x")])).toEqual(["DIR.1", "dir/x"])
  expect(pathsOf([file(`${"x".repeat(260)}1.bin`), file(`${"x".repeat(260)}2.bin`)])).toEqual([
    `${"x".repeat(240)}.bin`,
    `${"x".repeat(240)}.1.bin`,
  ])
})

it("padding takes nobody's path", () => {
  const pad = { path: ["a"], length: 9, attr: "p" }
  expect(pathsOf([pad, { path: ["a"], length: 1 }, pad])).toEqual([".pad/9", "a", ".pad/9"])
})

it("what is left of odd paths is what libtorrent leaves of them", () => {
  const path = (...path: Array<string>) => pathsOf([{ path, length: 1 }])[0]
  expect(path("", "a")).toBe("_/a")
  expect(path("a", "")).toBe("a/_")
  expect(path("/", "a")).toBe("a")
  expect(path(".", "a")).toBe("a")
  expect(path("a", ".")).toBe("a")
  expect(path(".")).toBe("_")
  expect(path("/")).toBe("_")
  expect(path("...")).toBe("...")
  expect(path("a. ", "b.")).toBe("a. /b.")
  expect(path("con", "aux.c")).toBe("con/aux.c")
  expect(path("/mu/ core")).toBe("mu core")
})

it("a torrent without a name is called what one says", () => {
  for (const name of ["", "/", "."]) {
    const bytes = torrent(manyFiles([{ path: ["a"], length: 1 }], { name }))
    const { files, named, name: called } = Result.getOrThrow(Metainfo.fromBytes(bytes, "0123"))
    expect({ called, named, path: files[0]!.path }).toEqual({ called: "0123", named: false, path: ["0123", "a"] })
  }
  expect(load(singleFile({ name: "" }))).toMatchObject({ name: "_", named: false })
  expect(load(singleFile({ name: "_" }))).toMatchObject({ name: "_", named: true })
})

it("folders lie within each other as deep as libtorrent lets them", () => {
  const deep = (length: number) => torrent(manyFiles([{ path: Array.from({ length }, () => "a"), length: 1 }]))
  expect(Result.getOrThrow(Metainfo.fromBytes(deep(101))).files[0]!.path).toHaveLength(102)
  expect(faultOf(deep(102))).toBe("info.files[0].path has more than 100 folders")
  expect(faultOf(deep(50_000))).toBe("info.files[0].path has more than 100 folders")
})

it("bytes behind the end are no part of it", () => {
  const bytes = torrent(singleFile())
  for (const behind of ["\n", "\0".repeat(1000), "<!-- mirror -->", "ee"]) {
    const metainfo = Result.getOrThrow(Metainfo.fromBytes(Buffer.concat([bytes, Buffer.from(behind)])))
    expect(metainfo).toEqual(Result.getOrThrow(Metainfo.fromBytes(bytes)))
  }
})

const raw = (beside: string, inInfo = "") =>
  Buffer.from(
    `d${beside}4:infod6:lengthi5e4:name1:a12:piece lengthi16384e6:pieces20:${"h".repeat(20)}${inInfo}ee`,
    "latin1",
  )

it("integers beyond 2^53 in members that are not used count as absent", () => {
  const beside = "13:creation datei1600000000000000000e1:xi18446744073709551615e"
  const metainfo = Result.getOrThrow(Metainfo.fromBytes(raw(beside, "5:mtimei99999999999999999999e")))
  expect(metainfo.creationDate).toBeUndefined()
  expect([...metainfo.unknown.keys(), ...metainfo.unknownInfo.keys()]).toEqual(["x", "mtime"])
  expect(faultOf(torrent(singleFile({ length: 2 ** 53 - 1 })))).toMatch(/^info.pieces has 3 hashes/)
  const huge = (member: string) =>
    faultOf(Buffer.from(raw("").toString("latin1").replace(member, "i9007199254740992e")))
  expect(huge("i5e")).toBe("info.length is not an integer below 2^53")
  expect(huge("i16384e")).toBe("info.piece length is not an integer below 2^53")
})

it("of a key that comes again the first counts, unless the data depends on it", () => {
  const { comment, name } = Result.getOrThrow(Metainfo.fromBytes(raw("7:comment1:a7:comment1:b", "4:name1:b")))
  expect([comment, name]).toEqual(["a", "a"])
  const info = (member: string) => faultOf(raw("", member))
  expect(info("6:lengthi7e")).toBe("info.length is there twice")
  expect(info("6:pieces0:")).toBe("info.pieces is there twice")
  expect(info("5:filesle5:filesle")).toBe("info.files is there twice")
  expect(faultOf(raw("4:infode"))).toBe("info is there twice")
  expect(info("5:filesld6:lengthi1e4:pathl1:ae6:lengthi1eee")).toBe("info.files[0].length is there twice")
  const first = Result.getOrThrow(Metainfo.fromBytes(raw("", "5:filesld6:lengthi1e4:pathl1:ae4:pathl1:beee")))
  expect(first.files.map(({ path }) => path)).toEqual([["a", "a"]])
})

it("a name in UTF-8 that is no name does not count", () => {
  for (const utf8 of [7, [], "", { a: 1 }]) expect(load(singleFile({ "name.utf-8": utf8 })).name).toBe("file.bin")
  for (const utf8 of [7, "junk", { a: 1 }, [], ["a", 7]]) {
    expect(pathsOf([{ path: ["old"], "path.utf-8": utf8, length: 1 }])).toEqual(["old"])
  }
})

it("three million pieces load", () => {
  const pieces = 3_000_000
  const bytes = torrent(singleFile({ length: pieces * 16_384, pieces: new Uint8Array(pieces * 20) }))
  expect(Result.getOrThrow(Metainfo.fromBytes(bytes)).geometry.pieces).toBe(pieces)
})

const Segment = Schema.Union([
  Schema.Literals([
    "a",
    "A",
    "b",
    "a.",
    "a.1",
    "A.1",
    ".",
    "..",
    "",
    "...",
    "CON",
    "é",
    "e\u0301",
    "É",
    "a/b",
    "a\\",
    ".pad",
    "/",
    "\0",
  ]),
  Schema.Literals([`${"x".repeat(250)}ab.cd`, `${"x".repeat(250)}AB.cd`, `${"x".repeat(250)}ac.cd`]),
  Schema.String,
  Schema.Uint8Array,
])
const Paths = Schema.Array(Schema.Array(Segment).check(Schema.isMinLength(1), Schema.isMaxLength(3))).check(
  Schema.isMinLength(1),
  Schema.isMaxLength(12),
)

it.prop(
  "any paths end in a fault or in safe ones, each file its own",
  [Paths, Segment],
  ([paths, name]) => {
    const bytes = torrent(
      manyFiles(
        paths.map((path) => ({ path, length: 1 })),
        { name },
      ),
    )
    const metainfo = Result.getOrUndefined(Metainfo.fromBytes(bytes))
    if (metainfo === undefined) return
    const written = metainfo.files.filter(({ padding }) => !padding)
    expect(metainfo.files).toHaveLength(paths.length)
    for (const { path } of written) {
      for (const segment of path) {
        expect(segment).not.toMatch(/^$|^\.{1,2}$|[/\\\0]/)
        expect(Buffer.byteLength(segment)).toBeLessThanOrEqual(255)
      }
      expect(resolve("/downloads", ...path)).toBe(["/downloads", ...path].join(sep))
    }
    const folded = written.map(({ path }) => path.map(FilePath.foldedKey))
    const files = new Set(folded.map((path) => path.join("/")))
    expect(files.size).toBe(written.length)
    const folders = new Set(folded.flatMap((path) => path.map((_, depth) => path.slice(0, depth).join("/"))))
    expect([...folders].filter((folder) => files.has(folder))).toEqual([])
  },
  { arbitrary: { runs: 1000 } },
)

const samples = [
  torrent(singleFile(), { "announce-list": [["http://a/announce"], ["udp://b:1"]], comment: "c" }),
  torrent(
    manyFiles([
      { path: ["a"], length: 9 },
      { path: [".pad", "7"], length: 7, attr: "p" },
      { path: ["b", "c"], length: 40_000 },
    ]),
  ),
]

it.prop(
  "any damage to a torrent ends in a fault or in a consistent torrent",
  [Schema.Literals([0, 1]), Mutations],
  ([sample, mutations]) => {
    const metainfo = Result.getOrUndefined(Metainfo.fromBytes(mutate(samples[sample]!, mutations)))
    if (metainfo === undefined) return
    const { geometry, files, pieceHashes } = metainfo
    expect(pieceHashes.length).toBe(20 * geometry.pieces)
    expect(geometry.pieces).toBe(Math.ceil(geometry.length / geometry.pieceLength))
    expect(geometry.length).toBeGreaterThan(0)
    let end = 0
    for (const file of files) {
      expect(file.offset).toBe(end)
      expect(file.length).toBeGreaterThanOrEqual(0)
      end += file.length
    }
    expect(end).toBe(geometry.length)
  },
  { arbitrary: { runs: 2000 } },
)

it.effect("as a Schema, both ways", () =>
  Effect.gen(function* () {
    for (const bytes of samples) {
      const metainfo = yield* Schema.decodeEffect(Metainfo.FromBytes)(bytes)
      const again = yield* Schema.encodeEffect(Metainfo.FromBytes)(metainfo)
      expect(yield* Schema.decodeEffect(Metainfo.FromBytes)(again)).toEqual(metainfo)
    }
    const failed = yield* Effect.flip(Schema.decodeEffect(Metainfo.FromBytes)(Buffer.from("de")))
    expect(failed.message).toContain("info is missing")
  }),
)

it("a hundred thousand files load in linear time and stay apart", () => {
  const files = Array.from({ length: 100_000 }, (_, i) => ({
    path: [`d${i % 100}`, i % 2 ? `F${i >> 1}` : `f${i >> 1}`],
    length: 1,
  }))
  const { files: loaded } = load(manyFiles(files))
  expect(new Set(loaded.map(({ path }) => path.join("/").toLowerCase())).size).toBe(100_000)
})

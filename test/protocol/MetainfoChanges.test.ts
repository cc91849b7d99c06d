/** Whatever stands in a torrent, a change touches only what it names. */
import { assert, describe, it } from "@effect/vitest"
import { Bencode, BencodeView, InfoDictionary, Metainfo, MetainfoChanges, PieceLength } from "@unchoke/protocol"
import { Effect, Result, Schema } from "effect"

const Key = Schema.Literals(["announce", "announce-list", "comment", "comment.utf-8", "url-list", "nodes", "zz", "a"])
const Url = Schema.Literals(["http://a/announce", "udp://b:1", "wss://c", "https://d/x?y"])
const Value = Schema.Union([Schema.Int, Url, Schema.Array(Url), Schema.Array(Schema.Array(Url)), Schema.Uint8Array])
const Before = Schema.Array(Schema.Tuple([Schema.Union([Key, Schema.Uint8Array]), Value])).check(Schema.isMaxLength(8))

const Wanted = Schema.Struct({
  withoutTrackers: Schema.Boolean,
  trackers: Schema.Array(Schema.Array(Url)).check(Schema.isMaxLength(3)),
  withoutWebSeeds: Schema.Boolean,
  webSeeds: Schema.Array(Url).check(Schema.isMaxLength(3)),
  comment: Schema.optional(Schema.NullOr(Schema.String)),
})

/** No canonical one: keys in no order, one of them unknown. */
const info = Buffer.from(`d6:pieces20:${"h".repeat(20)}4:name1:a6:lengthi1e3:odd2:xy12:piece lengthi16384ee`)

/** Members in any order, keys that come twice or are no text among them, `info` somewhere between. */
const file = (members: typeof Before.Type, at: number): Uint8Array => {
  const parts = members.map(([key, value]) => Buffer.concat([Bencode.encode(key), Bencode.encode(value)]))
  parts.splice(at % (members.length + 1), 0, Buffer.concat([Bencode.encode("info"), info]))
  return Buffer.concat([Buffer.from("d"), ...parts, Buffer.from("e")])
}

const membersOf = (bytes: Uint8Array) =>
  Array.from(Result.getOrThrow(BencodeView.fromBytes(bytes)).members(), ([key, value]) => ({
    key: Buffer.from(key.bytes!).toString("latin1"),
    raw: Buffer.from(value.raw).toString("latin1"),
  }))

const apply = (bytes: Uint8Array, changes: MetainfoChanges.Changes) =>
  Result.getOrThrow(MetainfoChanges.apply(bytes, changes))

const ours = new Set(["announce", "announce-list", "comment", "comment.utf-8", "url-list"])
const others = (bytes: Uint8Array) => membersOf(bytes).filter(({ key }) => !ours.has(key))

describe("changing a torrent", () => {
  it.effect.prop(
    "all that is not changed stays byte for byte, in its order; what is asked for is there",
    [Before, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8 })), Wanted],
    ([members, at, wanted]) =>
      Effect.sync(() => {
        const before = file(members, at)
        const after = apply(before, wanted)
        assert.deepStrictEqual(others(after), others(before))
        const read = Result.getOrThrow(Metainfo.fromBytes(after))
        assert.deepStrictEqual(Buffer.from(read.info), info)
        const trackers = [...read.trackers.flat(), ...read.unusedTrackers.map(({ url }) => url)]
        for (const url of wanted.trackers.flat()) {
          assert.include(url.startsWith("wss") ? trackers : read.trackers.flat(), url)
        }
        for (const url of wanted.webSeeds) {
          assert.include([...read.webSeeds, ...read.unusedWebSeeds.map(({ url }) => url)], url)
        }
        if (wanted.withoutTrackers) assert.sameMembers(trackers, [...new Set(wanted.trackers.flat())])
        if (typeof wanted.comment === "string") assert.strictEqual(read.comment, wanted.comment.toWellFormed())
        if (wanted.comment === null) assert.isUndefined(read.comment)
        // What is there already is not added again.
        const again = { ...wanted, withoutTrackers: false, withoutWebSeeds: false }
        assert.deepStrictEqual(Buffer.from(apply(after, again)), Buffer.from(after))
      }),
  )

  it.effect.prop("nothing to change changes nothing", [Before], ([members]) =>
    Effect.sync(() => {
      const before = file(members, 0)
      assert.deepStrictEqual(Buffer.from(apply(before, {})), Buffer.from(before))
    }),
  )

  it("what is no torrent is refused", () => {
    const fieldOf = (text: string) =>
      Result.match(MetainfoChanges.apply(Buffer.from(text), { comment: "x" }), {
        onSuccess: () => "changed",
        onFailure: ({ field }) => field,
      })
    assert.strictEqual(fieldOf("d4:infole"), "torrent")
    assert.strictEqual(fieldOf("d1:ai1ee"), "info")
    assert.strictEqual(fieldOf("d4:infoi1ee"), "info")
    assert.strictEqual(fieldOf("le"), "torrent")
  })

  it("a new torrent is written as others write it", () => {
    const bytes = apply(MetainfoChanges.fromInfo(info), {
      trackers: [["http://a/announce", "udp://b:1"], ["udp://c:1"]],
      webSeeds: ["https://d/"],
      comment: "hi",
      createdBy: "us",
      creationDate: 5,
    })
    const text = Buffer.from(bytes).toString("latin1")
    const list = "ll17:http://a/announce9:udp://b:1el9:udp://c:1ee"
    const rest = "7:comment2:hi10:created by2:us13:creation datei5e4:info"
    assert.isTrue(text.startsWith(`d8:announce17:http://a/announce13:announce-list${list}${rest}`), text)
    assert.isTrue(text.endsWith("8:url-list10:https://d/e"), text)
  })
})

const Name = Schema.Literals(["a", "größe", "read me.txt", ".hidden", "\u{1f600}", "x.1", "e", "4:info", "-1"])

describe("the description of a new torrent", () => {
  it.effect.prop(
    "is read as what it was made of",
    [
      Schema.Array(Schema.Tuple([Name, Schema.Int])).check(Schema.isBetweenLength(1, 6)),
      Schema.Boolean,
      Schema.Boolean,
    ],
    ([named, isPrivate, sourced]) =>
      Effect.sync(() => {
        const files = named.map(([name, size], index) => ({
          path: [`${index}`, name],
          length: Math.abs(size % 100_000) + (index === 0 ? 1 : 0),
        }))
        const length = files.reduce((sum, file) => sum + file.length, 0)
        const pieceLength = PieceLength.forLength(length)
        const pieceHashes = new Uint8Array(Math.ceil(length / pieceLength) * 20).fill(5)
        const link = { path: ["link"], length: 0, link: files[0]!.path }
        const bytes = InfoDictionary.encode({
          content: [...files, link],
          name: "set",
          pieceLength,
          pieceHashes,
          private: isPrivate,
          source: sourced ? "X" : undefined,
        })
        const read = Result.getOrThrow(Metainfo.fromBytes(MetainfoChanges.fromInfo(bytes)))
        assert.deepStrictEqual(
          read.files.map(({ length, link, path }) => ({
            path: path.slice(1),
            length,
            ...(link && { link: link.slice(1) }),
          })),
          [...files, link],
        )
        assert.strictEqual(read.private, isPrivate)
        assert.strictEqual(read.unknownInfo.has("source"), sourced)
        assert.deepStrictEqual([...read.pieceHashes], [...pieceHashes])
      }),
  )
})

describe("the length of pieces", () => {
  it("is libtorrent's, as measured with 2.0.8", () => {
    /** The first length in bytes that has this piece length, in KiB. */
    const first = [
      [32, 2_684_356],
      [64, 10_737_419],
      [128, 42_949_674],
      [256, 171_798_693],
      [512, 687_194_768],
      [1024, 2_748_779_070],
      [2048, 10_995_116_279],
      [4096, 43_980_465_112],
      [8192, 175_921_860_445],
      [16_384, 703_687_441_778],
    ] as const
    assert.strictEqual(PieceLength.forLength(1), 16_384)
    for (const [length, from] of first) {
      assert.strictEqual(PieceLength.forLength(from), length * 1024)
      assert.strictEqual(PieceLength.forLength(from - 1), length * 512)
    }
    assert.strictEqual(PieceLength.forLength(2 ** 50), 16 << 20)
  })

  it.effect.prop("whatever it is, it may be used", [Schema.Int], ([length]) =>
    Effect.sync(() => assert.isUndefined(PieceLength.whyNot(PieceLength.forLength(Math.abs(length))))),
  )

  it("is a power of two from 16 KiB to 512 MiB", () => {
    assert.deepStrictEqual(
      [0, -1, 16_383, 8192, 16_385, 49_152, 2 ** 30, Number.NaN].map((length) => PieceLength.whyNot(length)),
      [
        ...Array<string>(4).fill("is less than 16 KiB"),
        "is no power of two",
        "is no power of two",
        "is more than 512 MiB",
        "is less than 16 KiB",
      ],
    )
    assert.isUndefined(PieceLength.whyNot(1 << 29))
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Bitfield } from "@unchoke/protocol"
import { Content } from "@unchoke/testkit"
import { plain } from "../../packages/cli/src/render/style.ts"
import type { FoundFile, Torrent } from "@unchoke/engine"
import { mostNamed, troubles, verifyJson, verifyReport } from "../../packages/cli/src/render/verifyReport.ts"

const file = (length: number, path: string) => ({ path: [path], length })

/** Pieces of 16 KiB; `large` has pieces of its own, the others share theirs. */
const { torrent } = Content.make({
  name: "set",
  pieceLength: 16_384,
  files: [file(40_000, "large"), file(3000, "b"), file(3000, "c"), file(0, "empty"), file(20_000, "last")],
})
const { pieces } = torrent.geometry

const present = (...missing: ReadonlyArray<number>) => {
  const bits = Bitfield.Bitfield.empty(pieces)
  for (let piece = 0; piece < pieces; piece++) if (!missing.includes(piece)) bits.add(piece)
  return bits
}

interface OnDisk {
  readonly size?: number | undefined
  readonly unreadable?: boolean
  readonly unfinished?: boolean
  readonly linked?: boolean
}

/** What is on the disk: everything in full, but for these. */
const disk = (torrent: Torrent, changes: Readonly<Record<string, OnDisk>> = {}): ReadonlyArray<FoundFile> =>
  torrent.files.map(({ length, path }) => {
    const whole = { path: path.join("/"), size: length, unfinished: false, linked: false, chosen: true }
    return { ...whole, ...changes[path[1]!] }
  })

const looked = (missing: ReadonlyArray<number>, unreadable: Readonly<Record<number, string>> = {}) => ({
  present: present(...missing),
  unreadable: new Map(Object.entries(unreadable).map(([piece, path]) => [Number(piece), path])),
})

const found = (missing: ReadonlyArray<number>, changes?: Readonly<Record<string, OnDisk>>) =>
  troubles(torrent, looked(missing), disk(torrent, changes)).map(({ file, trouble }) => [file.path[1], trouble.what])

describe("what is the matter with each file", () => {
  it("nothing, when everything is there", () => {
    assert.deepStrictEqual(found([]), [])
  })

  it("what is not there is missing, an empty file as well", () => {
    assert.deepStrictEqual(found([0, 1, 2], { large: { size: undefined } }), [
      ["large", "missing"],
      ["b", "uncertain"],
      ["c", "uncertain"],
      ["last", "uncertain"],
    ])
    assert.deepStrictEqual(found([], { empty: { size: undefined } }), [["empty", "missing"]])
  })

  it("where the disk does not let us look, nothing is said to be missing: a download could not look either", () => {
    const hidden = { size: undefined, unreadable: true }
    assert.deepStrictEqual(found([0, 1, 2], { large: hidden, empty: hidden }), [
      ["large", "unreadable"],
      ["b", "uncertain"],
      ["c", "uncertain"],
      ["empty", "unreadable"],
      ["last", "uncertain"],
    ])
  })

  it("a length of its own, even when the pieces are right", () => {
    assert.deepStrictEqual(found([], { last: { size: 20_001 } }), [["last", "wrong size"]])
  })

  it("a wrong piece that is the file's alone damages it; one that is shared may be anyone's fault", () => {
    assert.deepStrictEqual(found([1]), [["large", "damaged"]])
    const uncertain = [
      ["b", "uncertain"],
      ["c", "uncertain"],
      ["last", "uncertain"],
    ]
    assert.deepStrictEqual(found([2]), [["large", "uncertain"], ...uncertain])
    assert.deepStrictEqual(found([1, 2]), [["large", "damaged"], ...uncertain])
  })
})

describe("the report", () => {
  const report = (
    missing: ReadonlyArray<number>,
    changes?: Readonly<Record<string, OnDisk>>,
    unreadable?: Readonly<Record<number, string>>,
    isRenamed = false,
  ) => {
    const checked = looked(missing, unreadable)
    return verifyReport(
      torrent,
      checked.present,
      troubles(torrent, checked, disk(torrent, changes)),
      { path: "films/set", folder: "films", isRenamed, torrentFile: "a b.torrent" },
      plain,
    )
  }

  it("is one line when everything is right", () => {
    assert.deepStrictEqual(report([]), ["All there. films/set: 64.5 KiB, every piece is right."])
  })

  it("names each file and what to do", () => {
    assert.deepStrictEqual(
      report([1, 2, 3], { c: { size: undefined }, empty: { size: undefined }, last: { size: 7 } }),
      [
        "Not all there. films/set: 2 of 5 pieces are there and right (40.0 %).",
        "  damaged     set/large (2 of 3 pieces)",
        "  uncertain   set/b (a piece that it shares with other files is wrong)",
        "  missing     set/c (2.93 KiB)",
        "  missing     set/empty (0 B)",
        "  wrong size  set/last (7 bytes instead of 20,000)",
        "To repair it, fetching only what is not right: unchoke download 'a b.torrent' --output films",
      ],
    )
  })

  it("ends with the command that puts it right, whatever is the matter", () => {
    const command = "unchoke download 'a b.torrent' --output films"
    assert.strictEqual(report([1]).at(-1), `To repair it, fetching only what is not right: ${command}`)
    assert.deepStrictEqual(report([3, 4, 2], { last: { size: 7 } }).slice(-2), [
      "Where nothing is right there may be something else of yours: a download does not touch it.",
      `To have it replaced, and fetch what is not right: ${command} --overwrite`,
    ])
    // Under another name a download would not look.
    assert.strictEqual(
      report([1], {}, {}, true).at(-1),
      `A download looks for it under its own name: call it set again, and then: ${command}`,
    )
    for (const changes of [{ last: { size: 20_001 } }, { empty: { size: undefined } }]) {
      assert.strictEqual(report([], changes).at(-1), `To put it right, fetching nothing: ${command}`)
    }
  })

  it("says of a download that was interrupted how far it is, and calls nothing damaged", () => {
    assert.deepStrictEqual(report([1, 3], { large: { unfinished: true }, last: { unfinished: true } }), [
      "Not finished. films/set: 3 of 5 pieces are there and right (60.0 %).",
      "  unfinished  set/large (2 of 3 pieces)",
      "  unfinished  set/last (2 of 3 pieces)",
      "To complete it: unchoke download 'a b.torrent' --output films",
    ])
  })

  it("names the file that the disk cannot read", () => {
    assert.deepStrictEqual(report([1], {}, { 1: "set/large" }), [
      "Not all there. films/set: 4 of 5 pieces are there and right (80.0 %).",
      "  unreadable  set/large (1 of 3 pieces: an error of the disk, or no permission)",
      "What cannot be read may be right: get permission for it, or see to the disk, and verify it again.",
    ])
  })

  it("knows the torrent's links", () => {
    const link = (name: string, link: ReadonlyArray<string>) => ({
      path: ["set", name],
      link,
      offset: torrent.geometry.length,
      length: 0,
      padding: false,
    })
    const files = [...torrent.files, link("good", ["set", "b"]), link("bad", ["set", "c"]), link("out", [])]
    const linked = { ...torrent, files }
    const trouble = troubles(linked, looked([]), disk(linked, { good: { linked: true } }))
    assert.deepStrictEqual(
      trouble.map(({ file, trouble }) => [file.path[1], trouble]),
      [["bad", { what: "no link", link: "set/c" }]],
    )
  })

  it("counts what would be too much to name", () => {
    const many = Content.make({
      pieceLength: 16_384,
      files: Array.from({ length: 100 }, (_, at) => file(16_384, `\u001b${at}`)),
    }).torrent
    const none = Bitfield.Bitfield.empty(100)
    const lines = verifyReport(
      many,
      none,
      troubles(
        many,
        { present: none, unreadable: new Map() },
        many.files.map(({ path }) => ({
          path: path.join("/"),
          size: undefined,
          unfinished: false,
          linked: false,
          chosen: true,
        })),
      ),
      { path: "x", folder: "y", isRenamed: true, torrentFile: "x.torrent" },
      plain,
    )
    assert.lengthOf(lines, mostNamed + 3)
    assert.strictEqual(lines.at(-2), "  … and 80 more files")
    assert.notInclude(lines.join("\n"), "\u001b")
  })

  it("is complete as JSON", () => {
    const checked = looked([1])
    assert.deepStrictEqual(verifyJson(torrent, checked.present, troubles(torrent, checked, disk(torrent))), {
      name: "set",
      infoHash: Buffer.from(torrent.infoHash).toString("hex"),
      pieces: 5,
      present: 4,
      complete: false,
      files: [{ path: "set/large", length: 40_000, what: "damaged", bad: 1, pieces: 3 }],
    })
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Bitfield } from "@unchoke/protocol"
import { Content } from "@unchoke/testkit"
import { plain } from "../../packages/cli/src/render/style.ts"
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

/** What is on the disk: everything in full, but for these. */
const disk =
  (sizes: Readonly<Record<string, number | undefined>> = {}) =>
  ({ length, path }: { readonly length: number; readonly path: ReadonlyArray<string> }) =>
    Object.hasOwn(sizes, path[1]!) ? sizes[path[1]!] : length

const found = (missing: ReadonlyArray<number>, sizes?: Readonly<Record<string, number | undefined>>) =>
  troubles(torrent, present(...missing), disk(sizes)).map(({ file, trouble }) => [file.path[1], trouble.what])

describe("what is the matter with each file", () => {
  it("nothing, when everything is there", () => {
    assert.deepStrictEqual(found([]), [])
  })

  it("what is not there is missing, an empty file as well", () => {
    assert.deepStrictEqual(found([0, 1, 2], { large: undefined }), [
      ["large", "missing"],
      ["b", "uncertain"],
      ["c", "uncertain"],
      ["last", "uncertain"],
    ])
    assert.deepStrictEqual(found([], { empty: undefined }), [["empty", "missing"]])
  })

  it("a length of its own, even when the pieces are right", () => {
    assert.deepStrictEqual(found([], { last: 20_001 }), [["last", "wrong size"]])
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
  const report = (missing: ReadonlyArray<number>, sizes?: Readonly<Record<string, number | undefined>>) => {
    const bits = present(...missing)
    return verifyReport(torrent, bits, troubles(torrent, bits, disk(sizes)), "films/set", plain)
  }

  it("is one line when everything is right", () => {
    assert.deepStrictEqual(report([]), ["All there. films/set: 64.5 KiB, every piece is right."])
  })

  it("names each file and what to do", () => {
    assert.deepStrictEqual(report([1, 2, 3], { c: undefined, empty: undefined, last: 7 }), [
      "Not all there. films/set: 2 of 5 pieces are there and right (40.0 %).",
      "  damaged     set/large (2 of 3 pieces)",
      "  uncertain   set/b (a piece that it shares with other files is wrong)",
      "  missing     set/c (2.93 KiB)",
      "  missing     set/empty (0 B)",
      "  wrong size  set/last (7 bytes instead of 20,000)",
      "`unchoke download` of set into the same folder fetches what is missing.",
    ])
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
      troubles(many, none, () => undefined),
      "x",
      plain,
    )
    assert.lengthOf(lines, mostNamed + 3)
    assert.strictEqual(lines.at(-2), "  … and 80 more files")
    assert.notInclude(lines.join("\n"), "\u001b")
  })

  it("is complete as JSON", () => {
    const bits = present(1)
    assert.deepStrictEqual(verifyJson(torrent, bits, troubles(torrent, bits, disk())), {
      name: "set",
      pieces: 5,
      present: 4,
      complete: false,
      files: [{ path: "set/large", length: 40_000, what: "damaged", bad: 1, pieces: 3 }],
    })
  })
})

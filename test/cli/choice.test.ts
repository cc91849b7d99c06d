import { assert, describe, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Effect, Result, Schema } from "effect"
import picomatch from "picomatch"
import { FileChoice, type FilesWanted } from "@unchoke/engine"
import { filesWanted } from "../../packages/cli/src/choice/filesWanted.ts"
import * as Pattern from "../../packages/cli/src/choice/Pattern.ts"
import { commandLine } from "../../packages/cli/src/commandLine.ts"
import { unchoke } from "./cli.ts"
import { fileList } from "../../packages/cli/src/render/fileList.ts"

const paths = [
  "Season 1/[Group] e01.mkv",
  "Season 1/e02.mkv",
  "Season 1/subs/e02.srt",
  "e02.sample.mkv",
  ".hidden",
  "Extras/making of.mp4",
  "7",
]
const { torrent } = Content.make({
  name: "Series",
  files: [
    { path: ["pad"], length: 50, padding: true },
    ...paths.map((path) => ({ path: path.split("/"), length: 100 })),
  ],
})

/** The paths that flags choose, or the pattern that means nothing. */
const chosen = (files: ReadonlyArray<string>, not: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const wanted = filesWanted({ files, not }) as Exclude<FilesWanted, ReadonlyArray<number>>
    const indices = yield* Effect.result(wanted(torrent))
    if (Result.isFailure(indices)) return indices.failure
    return indices.success.map((index) => torrent.files[index]!.path.slice(1).join("/"))
  })

describe("choosing", () => {
  it("says nothing where nothing was said, and lists at the empty name", () => {
    assert.isUndefined(filesWanted({ files: [], not: [] }))
    assert.isUndefined(filesWanted({ files: [""], not: [] }))
  })

  const cases: ReadonlyArray<readonly [files: ReadonlyArray<string>, not: ReadonlyArray<string>, expected: string]> = [
    [["*.mkv"], [], "0 1 3"],
    [["*.mkv"], ["*.sample*"], "0 1"],
    [[], ["*.mkv", "6"], "2 5 6"],
    [["Season 1/*"], [], "0 1"],
    [["Series/Season 1/*"], [], "0 1"],
    [["./Season 1/"], [], "0 1 2"],
    [["S*/"], [], "0 1 2"],
    // A folder's name where no file has it, as other clients take it.
    [["Season 1"], [], "0 1 2"],
    [["Extras", "subs"], [], "2 5"],
    [["Season 1/subs"], [], "2"],
    [["Series/Extras"], [], "5"],
    [["Series"], ["Season ?"], "3 4 5 6"],
    [["*/*.mkv"], [], "0 1"],
    [["Series/"], [], "0 1 2 3 4 5 6"],
    [["Series/*.mkv"], [], "3"],
    [["Season 1/**/*.srt"], [], "2"],
    [["**/e02*"], [], "1 2 3"],
    // What is typed as it is called is meant, brackets and all.
    [["[Group] e01.mkv"], [], "0"],
    [["Season 1/[Group] e01.mkv"], [], "0"],
    [["*.{srt,mp4}"], [], "2 5"],
    [["*"], [], "0 1 2 3 4 5 6"],
    [[".*"], [], "4"],
    // The first file is number 2: the padding before it is number 1.
    [["2-3", "5"], [], "0 1 3"],
    [["2,4-5"], [], "0 2 3"],
    [["7-"], [], "5 6"],
    [["./7"], [], "6"],
  ]
  for (const [files, not, expected] of cases) {
    it.effect(`--files ${files.join(" --files ")} --not ${not.join(" --not ")}`, () =>
      Effect.gen(function* () {
        const wanted = expected.split(" ").map((at) => paths[Number(at)]!)
        assert.deepStrictEqual(yield* chosen(files, not), wanted)
      }),
    )
  }

  it.effect("a pattern that means nothing is named, with what is nearest; one that leaves out nothing is not", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* chosen(["*.mkv", "*.srtt"]), {
        _tag: "NothingChosen",
        pattern: "*.srtt",
        files: 7,
        nearest: ["Series/Season 1/subs/e02.srt", "Series/Season 1/[Group] e01.mkv", "Series/Season 1/e02.mkv"],
      })
      // A file is no folder.
      assert.deepInclude(yield* chosen(["e*/"]), { pattern: "e*/" })
      const mistyped = yield* chosen(["Seson 1"])
      assert.strictEqual("nearest" in mistyped && mistyped.nearest[0], "Series/Season 1/")
      assert.deepInclude(yield* chosen(["1"]), { pattern: "1", nearest: [] })
      assert.deepInclude(yield* chosen(["9-12"]), { pattern: "9-12" })
      assert.deepStrictEqual(yield* chosen(["2"], ["nothing like that"]), [paths[0]!])
    }),
  )

  it.effect("numbers that mean nothing of any torrent have words of their own", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [text: string, said: string]> = [
        ["5-2", "a range from the lower number to the higher: 2-5"],
        ["0", "numbers from 1, as `unchoke show --files` prints them"],
        ["1,0-3", "numbers from 1"],
      ]
      for (const [text, said] of cases) {
        const { code, stderr } = yield* unchoke(["download", "x.torrent", "--files", text])
        assert.strictEqual(code, 1)
        assert.include(stderr[0]!, said)
      }
      for (const text of ["2-5", "3-3", "7-", "1,4-6"]) assert.isUndefined(Pattern.faultOfNumbers(text))
    }),
  )

  it("a folder means itself, brackets and all", () => {
    const file = { ...torrent.files[1]!, path: ["Series", "[Group] one", "a"] }
    assert.isTrue(Pattern.byName("[Group] one/", picomatch).means(file, 1))
    assert.isTrue(Pattern.byFolder("[Group] one", picomatch).means(file, 1))
    assert.isFalse(Pattern.byFolder("[Group] on", picomatch).means(file, 1))
  })

  it("case counts where the disk tells names by it", () => {
    const file = torrent.files[2]!
    assert.isFalse(Pattern.byName("*.MKV", picomatch, false).means(file, 2))
    assert.isTrue(Pattern.byName("*.MKV", picomatch, true).means(file, 2))
    assert.isTrue(Pattern.byName("E02.mkv", picomatch, true).means(file, 2))
  })

  it.effect.prop(
    "whatever is typed, in no time: a name that is typed as it is means itself",
    [Schema.Array(Schema.String.pipe(Schema.check(Schema.isMaxLength(30)))), Schema.String],
    ([names, pattern]) =>
      Effect.gen(function* () {
        const wanted = filesWanted({ files: [`x${pattern}`], not: names.map((name) => `x${name}`) })
        yield* Effect.result((wanted as Exclude<FilesWanted, ReadonlyArray<number>>)(torrent))
        const name = `n${names.join("")}`.replaceAll("/", "")
        const file = { ...torrent.files[1]!, path: ["Series", name] }
        assert.isTrue(Pattern.byName(name, picomatch).means(file, 1))
      }),
  )
})

describe("the list of files to choose from", () => {
  it("has the torrent's numbers, without those of padding, and marks what is chosen", () => {
    const lines = [...fileList(torrent.files, true, new FileChoice(torrent, [2, 7]))]
    assert.deepStrictEqual(
      lines.filter((line) => /\d +100 B/.test(line)).map((line) => line.replaceAll(/ +/g, " ").trim()),
      [
        "2 100 B [Group] e01.mkv",
        "✓ 3 100 B e02.mkv",
        "4 100 B e02.srt",
        "5 100 B e02.sample.mkv",
        "6 100 B .hidden",
        "7 100 B making of.mp4",
        "✓ 8 100 B 7",
      ],
    )
  })

  it("is what `show --files` alone asks for", () => {
    const line = (...args: ReadonlyArray<string>) => commandLine(["show", ...args], ["show"]).slice(1)
    assert.deepStrictEqual(line("a.torrent", "--files"), ["a.torrent", "--files="])
    assert.deepStrictEqual(line("--files", "a.torrent"), ["--files=", "a.torrent"])
    assert.deepStrictEqual(line("--files", "--json", "a.torrent"), ["--files=", "--json", "a.torrent"])
    assert.deepStrictEqual(line("a.torrent", "--files", "*.mkv"), ["a.torrent", "--files", "*.mkv"])
    assert.deepStrictEqual(line("--files", "magnet:?xt=x"), ["--files=", "magnet:?xt=x"])
    assert.deepStrictEqual(commandLine(["download", "a", "--files"], ["download"]), ["download", "a", "--files"])
  })
})

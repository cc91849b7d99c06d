/** The names that files have besides their own: always the same, for every disk, and nobody else's. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { partNames, safePaths } from "../../packages/node/src/diskNames.ts"

const Paths = Schema.Array(
  Schema.Array(Schema.Literals(["a", "a?", "a_", "a:", "b", "B", "a.1", "a_.1", "x.part", "x", "X.PART"])).pipe(
    Schema.check(Schema.isBetweenLength(1, 3)),
  ),
).pipe(Schema.check(Schema.isBetweenLength(1, 12)))

/** Such as a torrent has: each file once, and no name that is a file and a folder. */
const likeATorrent = (paths: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const kept: Array<string> = []
  for (const path of paths) {
    const name = path.join("/")
    const clashes = (one: string, other: string) => `${one}/`.toLowerCase().startsWith(`${other}/`.toLowerCase())
    if (!kept.some((other) => clashes(name, other) || clashes(other, name))) kept.push(name)
  }
  return kept
}

const parents = (path: string): ReadonlyArray<string> =>
  path.split("/").map((_, depth, segments) => segments.slice(0, depth + 1).join("/"))

describe("the safe paths", () => {
  it.prop("take what every disk takes, and keep apart what was apart, folders too", [Paths], ([made]) => {
    const paths = likeATorrent(made)
    const safe = safePaths(paths, "/")
    assert.deepStrictEqual(
      [...safe.keys()],
      paths.flatMap((path, file) => (/[?:]/.test(path) ? [file] : [])),
    )
    const now = paths.map((path, file) => safe.get(file) ?? path)
    for (const path of now) assert.notMatch(path, /[?:]/)
    const before = new Map<string, string>()
    for (const [file, path] of paths.entries()) {
      for (const [depth, above] of parents(path).entries()) {
        const after = parents(now[file]!)[depth]!.toLowerCase()
        if (!/[?:]/.test(above) && safe.has(file)) continue
        // Two ways to write one folder stay one or become two; two folders never become one.
        const other = before.get(after)
        assert.isTrue(other === undefined || other === above.toLowerCase(), `${above} and ${other} are ${after}`)
        before.set(after, above.toLowerCase())
      }
    }
    assert.deepStrictEqual(safePaths(paths, "/"), safe)
  })

  it("look like what they stand for", () => {
    const safe = safePaths(["What? The/1: first.flac", "What? The/2.flac", "What_ The/x", 'a"b', "plain"], "/")
    assert.deepStrictEqual(
      [...safe],
      [
        [0, "What_ The.1/1_ first.flac"],
        [1, "What_ The.1/2.flac"],
        [3, "a_b"],
      ],
    )
  })
})

describe("the unfinished names", () => {
  it.prop("are no other file's, nor a folder's", [Paths], ([made]) => {
    const paths = likeATorrent(made)
    const names = partNames(paths, "/")
    const all = new Set(paths.flatMap(parents).map((path) => path.toLowerCase()))
    for (const [file, path] of paths.entries()) {
      const name = names.get(file)
      const unfinished = name === undefined ? `${path}.part` : path.slice(0, path.lastIndexOf("/") + 1) + name
      assert.isFalse(all.has(unfinished.toLowerCase()), unfinished)
      all.add(unfinished.toLowerCase())
    }
  })

  it("are not longer than a name may be, and keep apart what is alike at its beginning", () => {
    const long = (end: string) => `folder/${"é".repeat(125)}${end}`
    const names = partNames([long("abcd"), long("abce"), "folder/short", `folder/${"x".repeat(250)}`], "/")
    assert.deepStrictEqual([...names.keys()], [0, 1])
    const [one, other] = [...names.values()]
    assert.notStrictEqual(one, other)
    for (const name of names.values()) assert.isAtMost(Buffer.byteLength(name), 255)
  })
})

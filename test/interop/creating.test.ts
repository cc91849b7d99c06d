/** Who makes the same choices gets the same info hash, whatever the program. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { dirname, join } from "node:path"
import * as Content from "./Content.ts"
import type { Creator } from "./creators/Creator.ts"
import { libtorrentOrdered } from "./creators/libtorrent.ts"
import { mktorrent } from "./creators/mktorrent.ts"
import { transmissionCreate } from "./creators/transmissionCreate.ts"
import { unchokeCreate } from "./creators/unchoke.ts"
import { infoHashByTransmission } from "./readers/readers.ts"
import { command } from "./Tool.ts"
import { whenInstalled } from "./whenInstalled.ts"

interface Rival {
  readonly creator: Creator
  /** What makes our choices theirs. */
  readonly flags: ReadonlyArray<string>
  /** Whether it can make a public torrent as others do: transmission 3 writes `private` 0. */
  readonly public: boolean
}

const rivals: ReadonlyArray<Rival> = [
  { creator: mktorrent, flags: [], public: true },
  { creator: libtorrentOrdered, flags: [], public: true },
  { creator: transmissionCreate, flags: ["--order", "letters", "--no-hidden", "--no-empty"], public: false },
]

/** Names whose order depends on how they are compared, and what one takes and another leaves out. */
const odd = [
  "a b/z",
  "a-b",
  "a.b",
  "a0",
  "a/x",
  "B",
  "Z/y",
  "b",
  ".hidden",
  ".folder/file",
  "ä",
  "\u{1f600}",
  "\uff5e",
  "_",
]

const cases = rivals.flatMap((rival) =>
  [32_768, 256 << 10, 1 << 20].flatMap((pieceLength) =>
    (["single", "multi", "odd"] as const).flatMap((what) =>
      [true, false]
        .filter((isPrivate) => isPrivate || rival.public)
        .map((isPrivate) => ({ ...rival, name: rival.creator.name, pieceLength, what, isPrivate })),
    ),
  ),
)

const tools = [...rivals.flatMap(({ creator }) => creator.tools), command("transmission-show")]

whenInstalled("creating", tools, () =>
  layer(NodeServices.layer, { excludeTestServices: true })("the same choices", (it) => {
    it.effect.each(cases)("$name, $what, pieces of $pieceLength, private $isPrivate", (sample) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-creating-" })
        const source = yield* written(folder, sample.what)
        const made = { source, trackers: ["http://127.0.1.1:6969/announce"], pieceLength: sample.pieceLength }
        const hashOf = (creator: Creator, name: string) =>
          Effect.andThen(
            creator.create({ ...made, private: sample.isPrivate, output: join(folder, name) }),
            infoHashByTransmission(join(folder, name)),
          )
        const theirs = yield* hashOf(sample.creator, "theirs.torrent")
        assert.strictEqual(yield* hashOf(unchokeCreate(...sample.flags), "ours.torrent"), theirs)
      }),
    )

    it.effect("links are followed as mktorrent follows them", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-creating-" })
        const source = yield* written(folder, "odd")
        yield* fs.symlink("a", join(source, "linked folder"))
        yield* fs.symlink("../elsewhere", join(source, "linked file"))
        yield* fs.writeFile(join(folder, "elsewhere"), Content.bytes("elsewhere", 50_000))
        const made = { source, trackers: ["http://127.0.1.1:6969/announce"], pieceLength: 32_768, private: false }
        yield* mktorrent.create({ ...made, output: join(folder, "theirs.torrent") })
        yield* unchokeCreate("--follow-links").create({ ...made, output: join(folder, "ours.torrent") })
        const [theirs, ours] = yield* Effect.forEach(["theirs", "ours"], (name) =>
          infoHashByTransmission(join(folder, `${name}.torrent`)),
        )
        assert.strictEqual(ours, theirs)
      }),
    )
  }),
)

const written = Effect.fnUntraced(function* (folder: string, what: "single" | "multi" | "odd") {
  const fs = yield* FileSystem.FileSystem
  const root = yield* Content.write(folder, "content", what === "odd" ? "multi" : what)
  if (what !== "odd") return root
  for (const [index, path] of odd.entries()) {
    yield* fs.makeDirectory(dirname(join(root, path)), { recursive: true })
    yield* fs.writeFile(join(root, path), Content.bytes(path, index * 7000))
  }
  return root
})

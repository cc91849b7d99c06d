/** A torrent's files moved: all or nothing, and nothing of anybody else's. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { moveContent } from "@unchoke/node/internal"
import { Content } from "@unchoke/testkit"
import { assert, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Fs from "node:fs"
import { dirname, join } from "node:path"
import { tmpdir } from "node:os"

const content = Content.make({
  name: "album",
  pieceLength: 32_768,
  files: [
    { path: ["one.flac"], length: 40_000 },
    { path: ["disc 2", "two.flac"], length: 50_000 },
    { path: ["disc 2", "cover", "front.png"], length: 3 },
    { path: ["empty"], length: 0 },
    { path: ["latest.flac"], length: 0, link: ["one.flac"] },
  ],
})

/** Everything in a folder, by its path; of a link where it leads. */
const everything = (folder: string): Record<string, string> =>
  Object.fromEntries(
    Fs.readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name)
        const what = entry.isSymbolicLink() ? `-> ${Fs.readlinkSync(path)}` : Fs.readFileSync(path).toString("hex")
        return [path.slice(folder.length + 1), what] as const
      })
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )

/** The torrent's files in a folder, beside something of the user's. */
const stage = Effect.gen(function* () {
  const root = yield* Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(join(tmpdir(), "unchoke-move-"))),
    (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true, force: true })),
  )
  const from = join(root, "here")
  let at = 0
  for (const { length, link, path } of content.torrent.files) {
    const file = join(from, ...path)
    Fs.mkdirSync(join(file, ".."), { recursive: true })
    if (link === undefined) Fs.writeFileSync(file, content.data.subarray(at, at + length))
    else Fs.symlinkSync(link.join("/"), file)
    at += length
  }
  const moving = everything(from)
  Fs.writeFileSync(join(from, "album", "disc 2", "notes.txt"), "mine")
  return { from, moving, root, to: join(root, "a", "there"), all: everything(from) }
})

/** As between two disks: no name of the one leads to the other. */
const betweenDisks =
  (call: (from: string, to: string) => Promise<void>) =>
  async (from: string, to: string): Promise<void> => {
    if (dirname(from) === dirname(to)) return call(from, to)
    throw Object.assign(new Error("another disk"), { code: "EXDEV" })
  }
const otherDisk = {
  ...Fs.promises,
  link: betweenDisks(Fs.promises.link),
  rename: betweenDisks(Fs.promises.rename),
} as typeof Fs.promises

/** A disk that knows no links. */
const withoutLinks = {
  ...Fs.promises,
  link: async () => Promise.reject(Object.assign(new Error("no links"), { code: "EPERM" })),
}

const notes = "album/disc 2/notes.txt"

layer(NodeServices.layer, { excludeTestServices: true })("moving what is complete", (it) => {
  for (const [where, fs] of [
    ["on the same disk", Fs.promises],
    ["to another disk", otherDisk],
    ["without links", withoutLinks],
    ["to another disk, without links", { ...withoutLinks, rename: otherDisk.rename }],
  ] as const) {
    it.effect(`${where}: the torrent's files, and nothing else`, () =>
      Effect.gen(function* () {
        const { from, moving, to } = yield* stage
        yield* moveContent(content.torrent, from, to, { fs })
        assert.deepStrictEqual(everything(to), moving)
        assert.deepStrictEqual(Object.keys(everything(from)), [notes])
        assert.isFalse(Fs.existsSync(join(from, "album", "disc 2", "cover")))
      }).pipe(Effect.scoped),
    )

    it.effect(`${where}: what is in the way is left as it is, and nothing is moved`, () =>
      Effect.gen(function* () {
        const { all, from, to } = yield* stage
        Fs.mkdirSync(join(to, "album", "disc 2"), { recursive: true })
        Fs.writeFileSync(join(to, "album", "disc 2", "two.flac"), "theirs")
        const error = yield* Effect.flip(moveContent(content.torrent, from, to, { fs }))
        assert.deepInclude(error, { reason: "not this torrent's", size: 6 })
        assert.deepStrictEqual(everything(from), all)
        assert.deepStrictEqual(everything(to), { "album/disc 2/two.flac": Buffer.from("theirs").toString("hex") })
      }).pipe(Effect.scoped),
    )

    it.effect.prop(
      `${where}: whichever call fails, all of it is where it was`,
      [Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 }))],
      ([fatal]) =>
        Effect.gen(function* () {
          const { all, from, moving, root, to } = yield* stage
          let calls = 0
          const failing = Object.fromEntries(
            (["copyFile", "link", "mkdir", "open", "readlink", "rename", "symlink", "utimes"] as const).map((name) => [
              name,
              async (...args: ReadonlyArray<unknown>) => {
                if (++calls === fatal) throw Object.assign(new Error("full"), { code: "ENOSPC" })
                return (fs[name] as (...args: ReadonlyArray<unknown>) => unknown)(...args)
              },
            ]),
          )
          const ended = yield* Effect.result(
            moveContent(content.torrent, from, to, { fs: { ...fs, ...failing } as unknown as typeof Fs.promises }),
          )
          if (ended._tag === "Failure") {
            assert.strictEqual(ended.failure.reason, "no space")
            assert.deepStrictEqual(everything(from), all)
            assert.deepStrictEqual(Fs.readdirSync(root), ["here"])
          } else {
            assert.deepStrictEqual(everything(to), moving)
          }
        }).pipe(Effect.scoped),
    )
  }

  it.effect("what is remembered goes with it; the same folder by another name is no move", () =>
    Effect.gen(function* () {
      const { all, from, root, to } = yield* stage
      const record = `.${Buffer.from(content.torrent.infoHash).toString("hex")}.unchoke`
      Fs.symlinkSync(from, join(root, "alias"))
      yield* moveContent(content.torrent, from, join(root, "alias"))
      assert.deepStrictEqual(everything(from), all)
      Fs.writeFileSync(join(from, record), "remembered")
      yield* moveContent(content.torrent, from, to)
      assert.isTrue(Fs.existsSync(join(to, record)))
    }).pipe(Effect.scoped),
  )
})

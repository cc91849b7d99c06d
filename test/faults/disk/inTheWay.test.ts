/** What is no file in the place of a file, what is no folder in the place of a folder: named, left alone, and no reason not to go on once it is gone. */
import { assert, describe, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import * as Attempt from "./attempt.ts"
import { temporary } from "./download.ts"
import * as Seeder from "./seeder.ts"

const pieceLength = 32_768
const album = Content.make({
  name: "album",
  files: [
    { path: ["one.flac"], length: 5 * pieceLength },
    { path: ["art", "cover.png"], length: 3 * pieceLength - 77 },
  ],
  pieceLength,
})
const { infoHash } = album.torrent
const recordName = `.${Buffer.from(infoHash).toString("hex")}.unchoke`

const pipe = (path: string) => {
  const { status, stderr } = spawnSync("mkfifo", [path], { encoding: "utf8" })
  assert.strictEqual(status, 0, stderr)
}

/** A socket stays where it was bound under another name, which its server does not remove. */
const socket = (path: string) =>
  Effect.callback<void>((resume) => {
    const server = createServer().listen(`${path}.s`, () => {
      renameSync(`${path}.s`, path)
      server.close(() => resume(Effect.void))
    })
  })

const made = (make: (path: string) => void) => (path: string) => Effect.sync(() => make(path))

const cases: ReadonlyArray<
  readonly [what: string, place: string, put: (path: string) => Effect.Effect<void>, says: RegExp]
> = [
  ["an empty folder for a file", "album/one.flac", made(mkdirSync), /: is a folder\. .* move it away/],
  [
    "a folder full of files for a file",
    "album/one.flac",
    made((path) => {
      mkdirSync(path)
      writeFileSync(join(path, "mine"), "mine")
    }),
    /: is a folder\. .* move it away/,
  ],
  ["a file for a folder", "album/art", made((path) => writeFileSync(path, "mine")), /: not a folder\. .* move it away/],
  ["a file for the torrent's folder", "album", made((path) => writeFileSync(path, "mine")), /: not a folder\. /],
  ["a pipe for a file", "album/one.flac", made(pipe), /: not a file\. .*pipe.* move it away/],
  ["a pipe for a folder", "album/art", made(pipe), /: not a folder\. /],
  ["a socket for a file", "album/one.flac", socket, /: not a file\. .*socket.* move it away/],
  ["a link to a device for a file", "album/one.flac", made((path) => symlinkSync("/dev/zero", path)), /outside/],
]

/** Finishes the download, and that nothing is left beside it. */
const finish = Effect.fnUntraced(function* (folder: string) {
  const { peers } = yield* Seeder.start(album)
  const { code, says } = yield* Attempt.run(album, { folder, peers })
  assert.strictEqual(code, 0, says)
  const written = ["one.flac", "art/cover.png"].map((name) => readFileSync(join(folder, "album", name)))
  assert.isTrue(Buffer.concat(written).equals(album.data))
})

describe("in the way", () => {
  for (const [what, place, put, expected] of cases) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const folder = yield* temporary
        if (place !== "album") mkdirSync(join(folder, "album"))
        const path = join(folder, place)
        yield* put(path)
        const before = lstatSync(path)
        const { peers, sent } = yield* Seeder.start(album)
        const { code, says } = yield* Attempt.run(album, { folder, peers })
        assert.strictEqual(code, 5, says)
        assert.include(says, ` ${path}: `)
        assert.match(says, expected)
        assert.strictEqual(sent().size, 0)
        const { ctimeMs, ino, mode, size } = lstatSync(path)
        assert.deepStrictEqual(
          { ctimeMs, ino, mode, size },
          { ctimeMs: before.ctimeMs, ino: before.ino, mode: before.mode, size: before.size },
        )
        rmSync(path, { recursive: true })
        yield* finish(folder)
        assert.deepStrictEqual(readdirSync(folder), ["album"])
      }),
    )
  }

  it.effect("a file for the download folder, and for one above it", () =>
    Effect.gen(function* () {
      const file = join(yield* temporary, "mine")
      writeFileSync(file, "mine")
      for (const folder of [file, join(file, "below"), join(file, "far", "below")]) {
        const { peers } = yield* Seeder.start(album)
        const { code, says } = yield* Attempt.run(album, { folder, peers })
        assert.strictEqual(code, 5, says)
        assert.match(says, new RegExp(`^Cannot open ${file}\\S*: not a folder\\. .* choose another folder`))
      }
      assert.strictEqual(readFileSync(file, "utf8"), "mine")
      rmSync(file)
      yield* finish(join(file, "far", "below"))
    }),
  )

  for (const [what, put] of [
    ["a folder", mkdirSync],
    ["a pipe", pipe],
  ] as const) {
    for (const name of [recordName, `${recordName}.new`]) {
      it.effect(`${what} for ${name === recordName ? "the record" : "the record's successor"} stops nothing`, () =>
        Effect.gen(function* () {
          const folder = yield* temporary
          const path = join(folder, name)
          put(path)
          if (what === "a folder") writeFileSync(join(path, "mine"), "mine")
          const { peers } = yield* Seeder.start(album, 2 * 6)
          yield* Effect.scoped(
            Effect.flatMap(Attempt.start(album, { folder, peers }), ({ untilStored }) => untilStored(6)),
          )
          const rest = yield* Seeder.start(album)
          assert.strictEqual((yield* Attempt.run(album, { folder, peers: rest.peers })).code, 0)
          assert.strictEqual(rest.sent().size, 2)
          assert.strictEqual(existsSync(join(path, "mine")), what === "a folder")
        }),
      )
    }
  }
})

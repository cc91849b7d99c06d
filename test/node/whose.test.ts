/** A file is known again by more than its name: what a user puts where ours was, or was about to be, stays his. */
import { assert, describe, it } from "@effect/vitest"
import { NodePieceStore } from "@unchoke/node"
import { Effect, type Layer } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { PieceStore } from "@unchoke/engine"
import * as InlineDisk from "../../packages/node/src/InlineDisk.ts"
import { make, type Made } from "../compliance/TorrentOf.ts"
import { mortalFs } from "../crash/mortalFs.ts"
import { aWhile, first, get, inTemporary, made, ofFirst, present, put, unfinished } from "./resume/Scene.ts"

const storeOn = (fs: typeof Fs): Layer.Layer<PieceStore> =>
  NodePieceStore.layerOn((layout) => InlineDisk.makeOn(fs, layout), fs)

/** Downloads what is missing. */
const complete = Effect.fnUntraced(function* (folder: string, of: Made = made) {
  const stored = yield* Effect.flatMap(PieceStore, (store) => store.open(of.torrent, folder))
  const there = yield* present(stored.resume)
  yield* stored.prepare
  for (let piece = 0; piece < of.torrent.geometry.pieces; piece++) {
    if (!there.includes(piece)) yield* put(stored, piece, of)
  }
}, Effect.scoped)

const refused = Effect.fnUntraced(function* (folder: string, path: string, of?: Made) {
  assert.deepInclude(yield* Effect.flip(complete(folder, of)), { reason: "not this torrent's", path })
  assert.strictEqual(Fs.readFileSync(path, "utf8"), "mine")
})

describe("when we were stopped, and the user", () => {
  it.live("deletes what we began, a file of his with its inode is not taken for it", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0])
        const path = Path.join(folder, first)
        const { ino } = Fs.statSync(`${path}.part`)
        Fs.rmSync(`${path}.part`)
        yield* aWhile
        Fs.writeFileSync(path, "mine")
        const lstatSync = (of: string, options?: Fs.StatSyncOptions) => {
          const stat = Fs.lstatSync(of, options) as Fs.Stats | undefined
          return of === path ? Object.assign(stat!, { ino }) : stat
        }
        const reusing = storeOn({ ...Fs, lstatSync: lstatSync as typeof Fs.lstatSync })
        yield* Effect.provide(refused(folder, path), reusing, { local: true })
      }),
    ),
  )

  it.live("puts a file of his under its unfinished name, it is not written to", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0])
        const path = Path.join(folder, unfinished)
        Fs.writeFileSync(Path.join(folder, "mine"), "mine")
        Fs.renameSync(Path.join(folder, "mine"), path)
        yield* refused(folder, path)
      }),
    ),
  )

  const small = make({
    pieceLength: 100,
    files: Array.from({ length: 12 }, () => ({ length: 10, padding: false, folder: 0 })),
  })
  const paths = small.torrent.files.map(({ path }) => Path.join(...path))

  /** Dies at its call number `fatal` of those that change something. */
  const die = (folder: string, fatal: number) =>
    Effect.exit(complete(folder, small)).pipe(Effect.provide(storeOn(mortalFs(fatal).fs), { local: true }))

  it.live("makes a file that our piece of many files had not reached, it is not replaced", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        let tried = 0
        for (let fatal = 1; fatal < 60; fatal++) {
          const inner = Path.join(folder, `${fatal}`)
          Fs.mkdirSync(inner)
          yield* die(inner, fatal)
          const missing = paths.map((path) => Path.join(inner, path)).filter((path) => !Fs.existsSync(path))
          if (missing.length === 0 || missing.length === paths.length) continue
          tried++
          yield* aWhile
          Fs.writeFileSync(missing[0]!, "mine")
          yield* refused(inner, missing[0]!, small)
          Fs.rmSync(missing[0]!)
          yield* complete(inner, small)
        }
        assert.isAbove(tried, 5)
      }),
    ),
  )

  it.live("starts us again, and stops us again in that piece, nothing is left beside what was downloaded", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        for (let fatal = 15; fatal < 45; fatal += 3) {
          for (let again = 1; again < 30; again += 3) {
            const inner = Path.join(folder, `${fatal}-${again}`)
            Fs.mkdirSync(inner)
            yield* die(inner, fatal)
            yield* die(inner, again)
            yield* complete(inner, small)
            const left = Fs.readdirSync(inner, { recursive: true, withFileTypes: true }).filter(
              (one) => one.isFile() && !one.name.includes(".unchoke"),
            )
            assert.sameMembers(
              left.map(({ name, parentPath }) => Path.relative(inner, Path.join(parentPath, name))),
              paths,
            )
            const bytes = Buffer.concat(paths.map((path) => Fs.readFileSync(Path.join(inner, path))))
            assert.isTrue(bytes.equals(small.data))
          }
        }
      }),
    ),
  )
})

describe("while we write, the user", () => {
  const begun = Effect.fnUntraced(function* (folder: string) {
    const stored = yield* Effect.flatMap(PieceStore, (store) => store.open(made.torrent, folder))
    yield* present(stored.resume)
    yield* stored.prepare
    for (const piece of ofFirst) yield* put(stored, piece)
    return put(stored, 9)
  })

  it.live.each(["link", "rename"])("puts a file under the name that ours is about to get: it stays (%s)", (how) =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const path = Path.join(folder, first)
        // In the last moment there is: any look at the place was before.
        const late = (call: (from: string, to: string) => void) => (from: string, to: string) => {
          if (to === path) Fs.writeFileSync(to, "mine")
          call(from, to)
        }
        const refuse = () => {
          throw Object.assign(new Error("EPERM"), { code: "EPERM" })
        }
        const linkSync = late(how === "link" ? (Fs.linkSync as (from: string, to: string) => void) : refuse)
        const fs = storeOn({ ...Fs, linkSync } as typeof Fs)
        const last = Effect.flatMap(begun(folder), Effect.flip)
        const error = yield* Effect.provide(Effect.scoped(last), fs, { local: true })
        assert.deepInclude(error, { reason: "not this torrent's", path, size: 4 })
        assert.strictEqual(Fs.readFileSync(path, "utf8"), "mine")
      }),
    ),
  )

  it.live("has files on a disk without links: they get their names all the same", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const linkSync = () => {
          throw Object.assign(new Error("EPERM"), { code: "EPERM" })
        }
        yield* Effect.provide(complete(folder), storeOn({ ...Fs, linkSync }), { local: true })
        assert.isTrue(Fs.readFileSync(Path.join(folder, first)).equals(made.data.subarray(0, 950)))
        assert.isFalse(Fs.existsSync(Path.join(folder, unfinished)))
      }),
    ),
  )

  it.live("moves ours away and leaves a link to it: the link does not get the file's name", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const path = Path.join(folder, unfinished)
        const last = yield* begun(folder)
        Fs.renameSync(path, Path.join(folder, "elsewhere"))
        Fs.symlinkSync("../elsewhere", path)
        const error = yield* Effect.flip(last)
        assert.deepInclude(error, { reason: "changed", path })
        assert.isTrue(Fs.lstatSync(path).isSymbolicLink())
        assert.isFalse(Fs.existsSync(Path.join(folder, first)))
      }).pipe(Effect.scoped),
    ),
  )
})

describe("the record's name", () => {
  it.live("that is another name of something else, before or while we write, lets nothing be written to it", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const mine = Path.join(folder, "mine")
        Fs.writeFileSync(mine, "mine")
        const record = Path.join(folder, `.${Buffer.from(made.torrent.infoHash).toString("hex")}.unchoke`)
        Fs.linkSync(mine, `${record}.new`)
        const stored = yield* Effect.flatMap(PieceStore, (store) => store.open(made.torrent, folder))
        yield* present(stored.resume)
        yield* stored.prepare
        Fs.rmSync(record)
        Fs.linkSync(mine, record)
        yield* put(stored, 0)
        assert.strictEqual(Fs.readFileSync(mine, "utf8"), "mine")
      }).pipe(Effect.scoped),
    ),
  )
})

describe("a folder that becomes a link out of ours while we write", () => {
  it.live("gets no file", () =>
    inTemporary((outer) =>
      Effect.gen(function* () {
        const folder = Path.join(outer, "out")
        const many = make({
          pieceLength: 10,
          files: Array.from({ length: 5 }, () => ({ length: 10, padding: false, folder: 0 })),
        })
        const stored = yield* Effect.flatMap(PieceStore, (store) => store.open(many.torrent, folder))
        yield* present(stored.resume)
        yield* stored.prepare
        yield* put(stored, 0, many)
        yield* aWhile
        const inner = Path.join(folder, Path.dirname(many.torrent.files[0]!.path.join("/")))
        Fs.renameSync(inner, Path.join(outer, "old"))
        Fs.mkdirSync(Path.join(outer, "elsewhere"))
        Fs.symlinkSync(Path.join(outer, "elsewhere"), inner)
        assert.deepInclude(yield* Effect.flip(put(stored, 1, many)), { reason: "outside the folder" })
        assert.deepStrictEqual(Fs.readdirSync(Path.join(outer, "elsewhere")), [])
      }).pipe(Effect.scoped),
    ),
  )
})

describe("a disk that is full for us and for the record", () => {
  it.live("leaves nothing behind that is not known again", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        // The last file is divided, and is made at its first write.
        const late = make({
          pieceLength: 100,
          files: [
            ...Array.from({ length: 1030 }, () => ({ length: 1, padding: false, folder: 0 })),
            { length: 250, padding: false, folder: 0 },
          ],
        })
        const last = late.torrent.geometry.pieces - 2
        let writes = Infinity
        const refuse = () => {
          throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" })
        }
        const writeSync = ((...args: Parameters<typeof Fs.writeSync>) => {
          if (writes-- > 0) return Fs.writeSync(...args)
          const [fd, bytes, from = 0, length = bytes.length, at] = args as unknown as [
            number,
            Buffer,
            number,
            number,
            number,
          ]
          Fs.writeSync(fd, bytes, from, length >> 1, at)
          return refuse()
        }) as typeof Fs.writeSync
        const full = storeOn({ ...Fs, writeSync, write: refuse } as unknown as typeof Fs)
        const attempt = Effect.gen(function* () {
          const stored = yield* Effect.flatMap(PieceStore, (store) => store.open(late.torrent, folder))
          yield* present(stored.resume)
          yield* stored.prepare
          writes = 0
          yield* put(stored, last, late)
        }).pipe(Effect.scoped, Effect.provide(full, { local: true }))
        for (let times = 0; times < 2; times++) {
          assert.deepInclude(yield* Effect.flip(attempt), { reason: "no space" })
          writes = Infinity
        }
        yield* complete(folder, late)
      }),
    ),
  )
})

describe("in a file's place", () => {
  const hollow = make({
    pieceLength: 100,
    files: [
      { length: 0, padding: false, folder: 0 },
      { length: 200, padding: false, folder: 0 },
    ],
  })
  const [empty] = hollow.torrent.files.map(({ path }) => Path.join(...path)) as [string]

  it.live.each([
    ["a folder", (path: string) => Fs.mkdirSync(path)],
    ["a link to nothing", (path: string) => Fs.symlinkSync("nowhere", path)],
  ] as const)("that is empty %s is no empty file", ([, put]) =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const path = Path.join(folder, empty)
        Fs.mkdirSync(Path.dirname(path), { recursive: true })
        put(path)
        assert.deepInclude(yield* Effect.flip(complete(folder, hollow)), { path })
      }),
    ),
  )

  it.live.each([first, unfinished])(
    "a huge one of holes (%s) is refused, and nothing behind our length is read",
    (path) =>
      inTemporary((folder) =>
        Effect.gen(function* () {
          const at = Path.join(folder, path)
          Fs.mkdirSync(Path.dirname(at), { recursive: true })
          Fs.writeFileSync(at, "")
          Fs.truncateSync(at, 30 * 2 ** 30)
          let furthest = 0
          const readSync = ((fd: number, into: Uint8Array, from: number, length: number, place: number) => {
            furthest = Math.max(furthest, place)
            return Fs.readSync(fd, into, from, length, place)
          }) as typeof Fs.readSync
          const error = yield* complete(folder).pipe(
            Effect.flip,
            Effect.provide(storeOn({ ...Fs, readSync }), { local: true }),
          )
          assert.deepInclude(error, { reason: "not this torrent's", path: at, size: 30 * 2 ** 30 })
          assert.isBelow(furthest, 950)
          Fs.truncateSync(at, 950)
          yield* complete(folder)
        }),
      ),
  )

  it.live("one of holes, as long as ours, is looked at a little at a time", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const long = {
          ...made.torrent,
          files: [{ path: ["long"], length: 40 << 20, offset: 0, padding: false }],
          geometry: { length: 40 << 20, pieceLength: 20 << 20, pieces: 2 },
          pieceHashes: new Uint8Array(40),
        }
        const at = Path.join(folder, "long.part")
        Fs.writeFileSync(at, "")
        Fs.truncateSync(at, 40 << 20)
        /** Between two turns of everything else. */
        let bytes = 0
        let most = 0
        let looking = false
        const readSync = ((...args: Parameters<typeof Fs.readSync>) => {
          const count = Fs.readSync(...args)
          bytes += count
          if (looking) most = Math.max(most, bytes)
          return count
        }) as typeof Fs.readSync
        const turns = setInterval(() => (bytes = 0))
        yield* Effect.gen(function* () {
          const stored = yield* Effect.flatMap(PieceStore, (store) => store.open(long, folder))
          yield* present(stored.resume)
          looking = true
          bytes = 0
          yield* stored.claim
        }).pipe(
          Effect.scoped,
          Effect.ensuring(Effect.sync(() => clearInterval(turns))),
          Effect.provide(storeOn({ ...Fs, readSync }), { local: true }),
        )
        assert.isAbove(most, 0)
        assert.isBelow(most, 40 << 20)
      }),
    ),
  )

  it.live("an empty one beside the one we began is refused before anything is fetched", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0])
        const path = Path.join(folder, first)
        Fs.writeFileSync(path, "")
        const stored = yield* Effect.flatMap(PieceStore, (store) => store.open(made.torrent, folder))
        yield* present(stored.resume)
        assert.deepInclude(yield* Effect.flip(stored.claim), { reason: "not this torrent's", path, size: 0 })
      }).pipe(Effect.scoped),
    ),
  )
})

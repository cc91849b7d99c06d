/** What is on the disk and not ours, under whatever name it can be reached: never written to, never cut. */
import { assert, describe, it } from "@effect/vitest"
import { NodePieceStore } from "@unchoke/node"
import { Effect, type Layer, Stream } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { PieceStore } from "@unchoke/engine"
import * as InlineDisk from "../../packages/node/src/InlineDisk.ts"
import { make } from "../compliance/TorrentOf.ts"
import { everyPiece, first, flip, inTemporary, made, open, present, put, records, second } from "./resume/Scene.ts"

/** The store on a file system of one's choice, all of it. */
const storeOn = (changes: Partial<typeof Fs>): Layer.Layer<PieceStore> => {
  const fs = { ...Fs, ...changes }
  return NodePieceStore.layerOn((layout) => InlineDisk.makeOn(fs, layout), fs)
}

const refuse = (code: string): never => {
  throw Object.assign(new Error(code), { code })
}

const write = (folder: string, path: string, bytes: Uint8Array | string) => {
  Fs.mkdirSync(Path.dirname(Path.join(folder, path)), { recursive: true })
  Fs.writeFileSync(Path.join(folder, path), bytes)
}

const read = (folder: string, path: string) => Fs.readFileSync(Path.join(folder, path))

const [ofFirst, ofSecond] = [made.data.slice(0, 950), made.data.slice(950)]

/** Downloads what is missing. */
const complete = Effect.fnUntraced(function* (folder: string, overwrite = false) {
  const stored = yield* Effect.flatMap(PieceStore, (store) => store.open(made.torrent, folder, { overwrite }))
  const there = yield* present(stored.resume)
  yield* stored.prepare
  for (const piece of everyPiece) if (!there.includes(piece)) yield* put(stored, piece)
  return there
}, Effect.scoped)

const assertComplete = (folder: string) => {
  assert.isTrue(read(folder, first).equals(ofFirst))
  assert.isTrue(read(folder, second).equals(ofSecond))
  assert.deepStrictEqual(records(folder), [])
}

describe("what has another name as well", () => {
  it.live("a hard link to something else is refused, and with `overwrite` replaced: what it was stays", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        write(folder, "mine", "something of mine")
        Fs.mkdirSync(Path.dirname(Path.join(folder, first)), { recursive: true })
        Fs.linkSync(Path.join(folder, "mine"), Path.join(folder, first))
        const error = yield* Effect.flip(complete(folder))
        assert.deepInclude(error, { reason: "not this torrent's", path: Path.join(folder, first), size: 17 })
        yield* complete(folder, true)
        assertComplete(folder)
        assert.strictEqual(read(folder, "mine").toString(), "something of mine")
      }),
    ),
  )

  it.live("a part of the torrent's that has two names is completed under one of them", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const begun = ofFirst.slice(0, 300)
        write(folder, first, begun)
        Fs.linkSync(Path.join(folder, first), Path.join(folder, "backup"))
        assert.deepStrictEqual(yield* complete(folder), [0, 1, 2])
        assertComplete(folder)
        assert.isTrue(read(folder, "backup").equals(begun))
      }),
    ),
  )

  it.live("a complete file that is too long, and has two names, is cut under one of them", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const long = Buffer.concat([ofFirst, Buffer.from("and more")])
        write(folder, first, long)
        Fs.linkSync(Path.join(folder, first), Path.join(folder, "backup"))
        yield* complete(folder)
        assertComplete(folder)
        assert.isTrue(read(folder, "backup").equals(long))
      }),
    ),
  )

  it.live("two files of the torrent that are one on the disk become two", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const twins = make({
          pieceLength: 100,
          files: [
            { length: 500, padding: false, folder: 0 },
            { length: 500, padding: false, folder: 0 },
          ],
        })
        const [one, other] = twins.torrent.files.map(({ path }) => path.join("/")) as [string, string]
        write(folder, one, twins.data.subarray(0, 300))
        Fs.linkSync(Path.join(folder, one), Path.join(folder, other))
        const fetch = Effect.fnUntraced(function* (overwrite: boolean) {
          const stored = yield* (yield* PieceStore).open(twins.torrent, folder, { overwrite })
          const there = yield* present(stored.resume)
          yield* stored.prepare
          for (let piece = 0; piece < 10; piece++) if (!there.includes(piece)) yield* put(stored, piece, twins)
        }, Effect.scoped)
        assert.deepInclude(yield* Effect.flip(fetch(false)), { path: Path.join(folder, other) })
        yield* fetch(true)
        assert.isTrue(Buffer.concat([read(folder, one), read(folder, other)]).equals(twins.data))
      }),
    ),
  )

  it.live("a symbolic link is read through inside the folder, and never written through", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        write(folder, "real", ofFirst.subarray(0, 300))
        write(folder, second, ofSecond)
        Fs.symlinkSync("../real", Path.join(folder, first))
        assert.deepInclude(yield* Effect.flip(complete(folder)), { reason: "not this torrent's" })
        assert.isTrue(read(folder, "real").equals(ofFirst.subarray(0, 300)))
        assert.deepStrictEqual(yield* complete(folder, true), [0, 1, 2, 10, 11, 12, 13])
        assertComplete(folder)
        assert.isTrue(read(folder, "real").equals(ofFirst.subarray(0, 300)))
      }),
    ),
  )

  it.live("a link in the place of the unfinished file is in the way", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        write(folder, "mine", "something of mine")
        Fs.mkdirSync(Path.join(folder, "torrent"))
        Fs.symlinkSync("../mine", Path.join(folder, `${first}.part`))
        assert.deepInclude(yield* Effect.flip(complete(folder)), { path: Path.join(folder, `${first}.part`) })
        assert.strictEqual(read(folder, "mine").toString(), "something of mine")
      }),
    ),
  )
})

describe("an unfinished name", () => {
  it.live("that has something else is refused, and with `overwrite` replaced", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const part = `${first}.part`
        write(folder, part, "another program's")
        const error = yield* Effect.flip(complete(folder))
        assert.deepInclude(error, { reason: "not this torrent's", path: Path.join(folder, part), size: 17 })
        assert.strictEqual(read(folder, part).toString(), "another program's")
        yield* complete(folder, true)
        assertComplete(folder)
      }),
    ),
  )

  it.live("of a file that is complete beside it stays where it is", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        write(folder, first, ofFirst)
        write(folder, `${first}.part`, "left behind")
        assert.includeMembers([...(yield* complete(folder))], [0, 1, 2, 3, 4, 5, 6, 7, 8])
        assertComplete(folder)
        assert.strictEqual(read(folder, `${first}.part`).toString(), "left behind")
      }),
    ),
  )

  it.live("is gone on with when something else has taken its file's place meanwhile, which is not replaced", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const stored = yield* open(folder)
            yield* present(stored.resume)
            yield* stored.prepare
            yield* put(stored, 0)
            write(folder, first, "mine")
            for (const piece of everyPiece.slice(1, 9)) yield* put(stored, piece)
            const error = yield* Effect.flip(put(stored, 9))
            assert.deepInclude(error, { reason: "not this torrent's", path: Path.join(folder, first), size: 4 })
          }),
        )
        assert.deepInclude(yield* Effect.flip(complete(folder)), { path: Path.join(folder, first) })
        assert.strictEqual(read(folder, first).toString(), "mine")
        Fs.rmSync(Path.join(folder, first))
        assert.deepStrictEqual(yield* complete(folder), everyPiece.slice(0, 10))
        assertComplete(folder)
      }),
    ),
  )
})

describe("what is complete", () => {
  it.live(
    "keeps its name while its neighbour is fetched, and is taken over when the neighbour's piece proves it wrong",
    () =>
      inTemporary((folder) =>
        Effect.gen(function* () {
          for (const wrong of [false, true]) {
            write(folder, first, ofFirst)
            if (wrong) flip(Path.join(folder, first), 940)
            Fs.rmSync(Path.join(folder, second), { force: true })
            yield* Effect.scoped(
              Effect.gen(function* () {
                const stored = yield* open(folder)
                const there = yield* present(stored.resume)
                assert.deepStrictEqual(there, everyPiece.slice(0, 9))
                yield* stored.prepare
                assert.isTrue(Fs.existsSync(Path.join(folder, first)))
                yield* put(stored, 13)
                yield* put(stored, 9)
                assert.isTrue(Fs.existsSync(Path.join(folder, first)))
              }),
            )
            assert.deepStrictEqual(yield* complete(folder), [...everyPiece.slice(0, 10), 13])
            assertComplete(folder)
          }
        }),
      ),
  )
})

describe("what may not be written to, or not be read", () => {
  it.live.each(["EACCES", "EROFS"])("is not opened for writing when all is there (%s)", (code) =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        write(folder, first, ofFirst)
        write(folder, second, ofSecond)
        const readOnly = storeOn({
          openSync: (path, flags, mode) =>
            (Number(flags) & (Fs.constants.O_RDWR | Fs.constants.O_WRONLY | Fs.constants.O_CREAT)) === 0
              ? Fs.openSync(path, flags, mode)
              : refuse(code),
          renameSync: () => refuse(code),
          mkdirSync: () => refuse(code),
          unlinkSync: () => refuse(code),
        })
        yield* Effect.provide(complete(folder), readOnly, { local: true })
        assertComplete(folder)
      }),
    ),
  )

  it.live("a sector that cannot be read is one bad piece, and the file is named", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        write(folder, first, ofFirst)
        write(folder, second, ofSecond)
        const bad = Fs.statSync(Path.join(folder, first)).ino
        const damaged = storeOn({
          readSync: ((fd: number, into: Uint8Array, from: number, length: number, at: number) =>
            Fs.fstatSync(fd).ino === bad && at < 420 && at + length > 410
              ? refuse("EIO")
              : Fs.readSync(fd, into, from, length, at)) as typeof Fs.readSync,
        })
        const checked = yield* open(folder).pipe(
          Effect.flatMap(({ check }) => Stream.runCollect(Stream.filter(check, ({ present }) => !present))),
          Effect.scoped,
          Effect.provide(damaged, { local: true }),
        )
        assert.deepStrictEqual(checked, [{ piece: 4, present: false, unreadable: Path.join(folder, first) }])
      }),
    ),
  )

  it.live("a file that we may not read is named, and the rest is judged", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        write(folder, first, ofFirst)
        write(folder, second, ofSecond)
        const denied = storeOn({
          openSync: (path, flags, mode) =>
            String(path).endsWith(first) ? refuse("EACCES") : Fs.openSync(path, flags, mode),
        })
        const checked = yield* open(folder).pipe(
          Effect.flatMap(({ check }) => Stream.runCollect(check)),
          Effect.scoped,
          Effect.provide(denied, { local: true }),
        )
        const unreadable = Path.join(folder, first)
        assert.deepStrictEqual(
          checked,
          everyPiece.map((piece) => (piece < 10 ? { piece, present: false, unreadable } : { piece, present: true })),
        )
      }),
    ),
  )
})

describe("a disk that refuses characters", () => {
  /** As FAT does: what has them is never there, and can't be made. */
  const refused = (path: unknown) => /[?:]/.test(String(path).replace(/^[^?:]*unchoke-resume/, ""))
  const fat = storeOn({
    openSync: (path, flags, mode) => {
      if (!refused(path)) return Fs.openSync(path, flags, mode)
      return refuse((Number(flags) & Fs.constants.O_CREAT) === 0 ? "ENOENT" : "EINVAL")
    },
    mkdirSync: ((path: string) => (refused(path) ? refuse("EINVAL") : Fs.mkdirSync(path))) as typeof Fs.mkdirSync,
  })

  const odd = {
    ...made.torrent,
    files: made.torrent.files.map((file, index) => ({
      ...file,
      path: index === 0 ? ["torrent", "What? Now", "1: first.bin"] : ["torrent", "2.bin"],
    })),
  }

  it.live("gets names that it takes, the same each time, and everything is found", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const safe = Path.join(folder, "torrent", "What_ Now", "1_ first.bin")
        for (const pieces of [everyPiece.slice(0, 5), everyPiece.slice(5)]) {
          yield* Effect.scoped(
            Effect.gen(function* () {
              const stored = yield* open(folder, odd)
              assert.deepStrictEqual(yield* present(stored.resume), everyPiece.slice(0, pieces[0]))
              yield* stored.prepare
              for (const piece of pieces) yield* put(stored, piece)
              assert.strictEqual(Fs.existsSync(safe), pieces.includes(9))
              assert.strictEqual(Fs.existsSync(`${safe}.part`), !pieces.includes(9))
            }),
          )
        }
        const stored = yield* open(folder, odd)
        assert.deepStrictEqual(yield* present(stored.check), everyPiece)
        const [found] = yield* stored.found
        assert.deepInclude(found, { path: safe, size: 950, unfinished: false })
        assert.isTrue(Fs.readFileSync(safe).equals(ofFirst))
        flip(safe, 5)
        assert.deepStrictEqual(yield* present(stored.check), everyPiece.slice(1))
      }).pipe(Effect.scoped, Effect.provide(fat, { local: true })),
    ),
  )
})

/** Reading to serve, on real files: what is seen of changes, what is held open, and that no write holds it up. */
import { assert, describe, it } from "@effect/vitest"
import { NodePieceStore } from "@unchoke/node"
import { Context, Effect, Exit, Fiber, Layer, Scope, Stream } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { PieceStore, type StoredTorrent } from "@unchoke/engine"
import * as InlineDisk from "../../packages/node/src/InlineDisk.ts"
import { maxOpen } from "../../packages/node/src/ReadDescriptors.ts"
import { type Made, make, pieceOf } from "../compliance/TorrentOf.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-reader-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
)

/** The torrent lies in the folder already; what the store calls is `fs`. */
const opened = Effect.fnUntraced(function* (made: Made, folder: string, fs: typeof Fs = Fs) {
  for (const { length, offset, path } of made.torrent.files) {
    const place = Path.join(folder, ...path)
    Fs.mkdirSync(Path.dirname(place), { recursive: true })
    Fs.writeFileSync(place, made.data.subarray(offset, offset + length))
  }
  return yield* openedAgain(made, folder, fs)
})

type DiskOf = Parameters<typeof NodePieceStore.layerOn>[0]

const openedAgain = Effect.fnUntraced(function* (
  { torrent }: Made,
  folder: string,
  fs: typeof Fs = Fs,
  diskOf: DiskOf = (layout) => InlineDisk.makeOn(fs, layout),
) {
  const context = yield* Layer.build(NodePieceStore.layerOn(diskOf, fs))
  const stored = yield* Context.get(context, PieceStore).open(torrent, folder)
  yield* Stream.runDrain(stored.check)
  return stored
})

const put = (stored: StoredTorrent, made: Made, piece: number) => {
  const buffer = stored.lend()!
  buffer.set(pieceOf({ geometry: made.torrent.geometry, data: made.data }, piece))
  return stored.write(piece, buffer)
}

const readAll = Effect.fnUntraced(function* (stored: StoredTorrent, { data }: Made) {
  const into = new Uint8Array(data.length)
  yield* stored.read(0, 0, [into])
  assert.deepStrictEqual([...into], [...data])
})

const files = (count: number, length: number) =>
  Array.from({ length: count }, () => ({ length, padding: false, folder: 1 }))

const two = make({ pieceLength: 50, files: files(2, 120) })
const pathOf = (folder: string, made: Made, file: number) => Path.join(folder, ...made.torrent.files[file]!.path)

/** What the store has open for reading, as it calls for it. */
const watched = (changes: Partial<typeof Fs> = {}) => {
  const open = new Map<number, number | string | undefined>()
  let most = 0
  const fs: typeof Fs = {
    ...Fs,
    openSync: (path, flags, mode) => {
      const fd = (changes.openSync ?? Fs.openSync)(path, flags, mode)
      open.set(fd, flags)
      most = Math.max(most, open.size)
      return fd
    },
    closeSync: (fd) => {
      assert.isTrue(open.delete(fd), "only what is open is closed, and once")
      Fs.closeSync(fd)
    },
    ...(changes.readv === undefined ? {} : { readv: changes.readv }),
  }
  return { fs, open, most: () => most }
}

type Done = (error: NodeJS.ErrnoException | null, count: number) => void

describe("reading to serve", () => {
  it.live("a change in place is seen; other rights, and another name, are no change", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const stored = yield* opened(two, folder)
      yield* readAll(stored, two)
      const path = pathOf(folder, two, 1)
      Fs.chmodSync(path, 0o400)
      Fs.linkSync(path, `${path}.other`)
      yield* readAll(stored, two)
      yield* Effect.sleep(25)
      Fs.writeFileSync(path, new Uint8Array(120))
      const into = new Uint8Array(50)
      assert.deepInclude(yield* Effect.flip(stored.read(3, 0, [into])), { reason: "changed", operation: "read", path })
      yield* stored.read(0, 0, [into])
    }),
  )

  it.live("what has been put in a file's place is not read for it", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const stored = yield* opened(two, folder)
      yield* readAll(stored, two)
      const path = pathOf(folder, two, 0)
      Fs.writeFileSync(`${path}.new`, Fs.readFileSync(path))
      Fs.renameSync(`${path}.new`, path)
      const into = new Uint8Array(50)
      assert.deepInclude(yield* Effect.flip(stored.read(0, 0, [into])), { reason: "changed", path })
      Fs.rmSync(path)
      Fs.mkdirSync(path)
      assert.deepInclude(yield* Effect.flip(stored.read(0, 0, [into])), { reason: "is a folder", path })
    }),
  )

  it.live("a file that is copied before it is written to is read where it is then", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const stored = yield* opened(two, folder)
      const path = pathOf(folder, two, 0)
      Fs.truncateSync(path, 60)
      Fs.linkSync(path, Path.join(folder, "mine"))
      yield* Stream.runDrain(stored.check)
      const again = yield* openedAgain(two, folder)
      const into = new Uint8Array(50)
      yield* again.read(0, 0, [into])
      yield* again.prepare
      yield* again.read(0, 0, [into])
      assert.deepStrictEqual([...into], [...two.data.subarray(0, 50)])
      for (const piece of [1, 2]) yield* put(again, two, piece)
      yield* readAll(again, two)
      assert.strictEqual(Fs.statSync(Path.join(folder, "mine")).size, 60)
    }),
  )

  it.live("a file that is getting another of its names in this moment is found under it", () =>
    Effect.gen(function* () {
      for (const isOpen of [false, true]) {
        const folder = yield* temporary
        const into = new Uint8Array(50)
        const path = pathOf(folder, two, 0)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const stored = yield* openedAgain(two, folder)
            yield* stored.prepare
            yield* put(stored, two, 0)
            if (isOpen) yield* stored.read(0, 0, [into])
            Fs.renameSync(`${path}.part`, path)
            yield* stored.read(0, 0, [into])
            assert.deepStrictEqual([...into], [...two.data.subarray(0, 50)])
            Fs.renameSync(path, `${path}.part`)
          }),
        )
        const stored = yield* opened(two, folder)
        if (isOpen) yield* readAll(stored, two)
        Fs.renameSync(path, `${path}.part`)
        yield* readAll(stored, two)
      }
    }),
  )

  it.live("holds a bounded number of files open, for reading only, and none when it ends", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const many = make({ pieceLength: 64, files: files(300, 10) })
      const { fs, most, open } = watched()
      yield* Effect.scoped(opened(many, folder))
      const scope = yield* Scope.make()
      const reading = yield* Scope.provide(openedAgain(many, folder, fs), scope)
      const before = open.size
      const readers = 8
      yield* Effect.forEach(Array.from({ length: readers }), () => readAll(reading, many), { concurrency: readers })
      assert.isAbove(open.size, before)
      assert.isAtMost(most(), before + maxOpen + readers)
      const { O_RDWR, O_WRONLY } = Fs.constants
      for (const flags of open.values()) assert.strictEqual(Number(flags) & (O_RDWR | O_WRONLY), 0)
      const last = yield* Effect.forkChild(readAll(reading, many))
      yield* Effect.yieldNow
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.await(last)
      assert.strictEqual(open.size, 0)
      assert.strictEqual((yield* Effect.flip(readAll(reading, many)))._tag, "StorageError")
    }),
  )

  it.live("where the system has no descriptor left, it makes do with fewer", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const many = make({ pieceLength: 64, files: files(40, 10) })
      let limit = Infinity
      const openSync: typeof Fs.openSync = (...args) => {
        if (open.size >= limit) throw Object.assign(new Error("EMFILE"), { code: "EMFILE" })
        return Fs.openSync(...args)
      }
      const { fs, open } = watched({ openSync })
      const stored = yield* opened(many, folder, fs)
      limit = open.size + 3
      yield* readAll(stored, many)
      limit = 0
      assert.deepInclude(yield* Effect.flip(readAll(stored, many)), { reason: "too many open files" })
    }),
  )

  it.live("a read that is cut short is continued; one that is refused names the file", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      let code: string | undefined
      const readv = ((fd: number, [into]: ReadonlyArray<Uint8Array>, at: number, done: Done) => {
        if (code === undefined) Fs.readv(fd, [into!.subarray(0, 7)], at, done)
        else done(Object.assign(new Error(code), { code }), 0)
      }) as typeof Fs.readv
      const stored = yield* opened(two, folder, watched({ readv }).fs)
      yield* readAll(stored, two)
      const parts = new Uint8Array(two.data.length)
      yield* stored.read(0, 0, [parts.subarray(0, 5), parts.subarray(5, 30), parts.subarray(30)])
      assert.deepStrictEqual([...parts], [...two.data])
      code = "EIO"
      const path = pathOf(folder, two, 0)
      assert.deepInclude(yield* Effect.flip(readAll(stored, two)), { operation: "read", reason: "other", path })
    }),
  )

  it.live("who interrupts it has the buffer back only when the system has let go of it", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const held: Array<() => void> = []
      const readv = ((fd: number, into: ReadonlyArray<Uint8Array>, at: number, done: Done) => {
        held.push(() => Fs.readv(fd, into, at, done))
      }) as typeof Fs.readv
      const stored = yield* opened(two, folder, watched({ readv }).fs)
      const reading = yield* Effect.forkChild(stored.read(0, 0, [new Uint8Array(50)]))
      while (held.length === 0) yield* Effect.sleep(1)
      const ending = yield* Effect.forkChild(Fiber.interrupt(reading))
      yield* Effect.sleep(20)
      assert.isUndefined(ending.pollUnsafe())
      held[0]!()
      yield* Fiber.join(ending)
    }),
  )

  it.live("waits for no write", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const held: Array<() => void> = []
      let isSlow = false
      const slow: DiskOf = (layout) =>
        Effect.map(InlineDisk.make(layout), (disk) => ({
          submit: (request, done) => {
            if (isSlow && request.kind === "write") held.push(() => disk.submit(request, done))
            else disk.submit(request, done)
          },
        }))
      const stored = yield* openedAgain(two, folder, Fs, slow)
      yield* stored.prepare
      yield* put(stored, two, 0)
      isSlow = true
      const writing = yield* Effect.forkChild(put(stored, two, 1))
      while (held.length === 0) yield* Effect.sleep(1)
      const into = new Uint8Array(50)
      yield* stored.read(0, 0, [into])
      assert.deepStrictEqual([...into], [...two.data.subarray(0, 50)])
      held[0]!()
      assert.strictEqual(yield* Fiber.join(writing), "stored")
    }),
  )
})

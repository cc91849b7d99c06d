/** What is remembered of a download, when it is believed, and when everything is read again. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { PieceStore, type StorageError, type StoredTorrent, type Torrent } from "unchoke"
import { bringToDisk } from "../../packages/node/src/bringToDisk.ts"
import type { Layout } from "../../packages/node/src/Disk.ts"
import * as InlineDisk from "../../packages/node/src/InlineDisk.ts"
import * as NodePieceStore from "../../packages/node/src/NodePieceStore.ts"
import { type Made, make, pieceOf } from "../compliance/TorrentOf.ts"
import * as HashedPieces from "../crash/HashedPieces.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-resume-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
)

const made = make({
  pieceLength: 100,
  files: [
    { length: 950, padding: false, folder: 0 },
    { length: 450, padding: false, folder: 1 },
  ],
})
const [first, second] = made.torrent.files.map(({ path }) => path.join("/")) as [string, string]
/** The pieces of the first file, all but the one that both lie in. */
const ofFirst = [0, 1, 2, 3, 4, 5, 6, 7, 8]
const everyPiece = [...ofFirst, 9, 10, 11, 12, 13]

/** So long that no change can be taken for our own last write. */
const aWhile = Effect.sleep(25)

const open = (folder: string, torrent: Torrent = made.torrent) =>
  Effect.flatMap(PieceStore, (store) => store.open(torrent, folder))

const present = (look: StoredTorrent["check"]) =>
  Effect.map(Stream.runCollect(look), (checked) => checked.filter(({ present }) => present).map(({ piece }) => piece))

const put = Effect.fnUntraced(function* (stored: StoredTorrent, piece: number, of: Made = made) {
  const buffer = stored.lend()!
  buffer.set(pieceOf({ geometry: of.torrent.geometry, data: of.data }, piece))
  return yield* stored.write(piece, buffer)
})

/** A download that gets these pieces and is then stopped. */
const get = Effect.fnUntraced(function* (folder: string, pieces: ReadonlyArray<number>, of: Made = made) {
  const stored = yield* open(folder, of.torrent)
  yield* present(stored.resume)
  yield* stored.prepare
  for (const piece of pieces) yield* put(stored, piece, of)
}, Effect.scoped)

/** What the next download finds, and what it has to hash for that. */
const find = Effect.fnUntraced(function* (folder: string, look: "resume" | "check" = "resume", fs: typeof Fs = Fs) {
  const { hashed, layer } = HashedPieces.make(fs)
  const found = yield* open(folder).pipe(
    Effect.flatMap((stored) => present(stored[look])),
    Effect.scoped,
    Effect.provide(layer),
  )
  return { present: found, hashed }
})

const records = (folder: string) => Fs.readdirSync(folder).filter((name) => name.includes(".unchoke"))
const recordIn = (folder: string) => Path.join(folder, records(folder)[0]!)

const flip = (path: string, at: number) => {
  const fd = Fs.openSync(path, "r+")
  const byte = Buffer.alloc(1)
  Fs.readSync(fd, byte, 0, 1, at)
  Fs.writeSync(fd, Uint8Array.of(byte[0]! ^ 0xff), 0, 1, at)
  Fs.closeSync(fd)
}

const inTemporary = (run: (folder: string) => Effect.Effect<void, unknown, PieceStore>) =>
  Effect.flatMap(temporary, run).pipe(Effect.scoped, Effect.provide(NodePieceStore.layer))

describe("resuming", () => {
  it.live("needs no hash, after a stop and after another; `check` hashes everything", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0, 4, 13])
        assert.deepStrictEqual(yield* find(folder), { present: [0, 4, 13], hashed: [] })
        yield* get(folder, [9, 7])
        assert.deepStrictEqual(yield* find(folder), { present: [0, 4, 7, 9, 13], hashed: [] })
        assert.deepStrictEqual(yield* find(folder, "check"), { present: [0, 4, 7, 9, 13], hashed: everyPiece })
        assert.deepStrictEqual(yield* find(folder), { present: [0, 4, 7, 9, 13], hashed: [] })
      }),
    ),
  )

  it.live("what was found by hashing is remembered as well", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        Fs.mkdirSync(Path.dirname(Path.join(folder, first)), { recursive: true })
        Fs.writeFileSync(Path.join(folder, first), made.data.subarray(0, 950))
        yield* get(folder, [])
        assert.deepStrictEqual(yield* find(folder), { present: ofFirst, hashed: [] })
      }),
    ),
  )

  it.live("when all is there the record is gone, whether it came now or had come before", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, ofFirst)
        assert.lengthOf(records(folder), 1)
        const old = Fs.readFileSync(recordIn(folder))
        const name = recordIn(folder)
        yield* get(folder, [9, 10, 11, 12, 13])
        assert.deepStrictEqual(records(folder), [])
        Fs.writeFileSync(name, old)
        yield* get(folder, [])
        assert.deepStrictEqual(records(folder), [])
      }),
    ),
  )

  const changes: Readonly<Record<string, (path: string) => void>> = {
    "a byte is changed": (path) => flip(path, 123),
    "a byte is changed and the old mtime put back": (path) => {
      const { atime, mtime } = Fs.statSync(path)
      flip(path, 123)
      Fs.utimesSync(path, atime, mtime)
    },
    "it is replaced by another": (path) => {
      const { atime, mtime } = Fs.statSync(path)
      Fs.writeFileSync(`${path}.new`, new Uint8Array(950))
      Fs.utimesSync(`${path}.new`, atime, mtime)
      Fs.renameSync(`${path}.new`, path)
    },
    "it is cut short": (path) => Fs.truncateSync(path, 300),
    "it grows": (path) => Fs.appendFileSync(path, "more"),
    "it is deleted": (path) => Fs.rmSync(path),
    "a folder takes its place": (path) => {
      Fs.rmSync(path)
      Fs.mkdirSync(path)
    },
    "its mode is changed": (path) => Fs.chmodSync(path, 0o600),
  }
  it.live.each(Object.entries(changes))("a file is read again when %s; the others are believed", ([, change]) =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0, 1, 2, 11, 12])
        yield* aWhile
        change(Path.join(folder, first))
        if (Fs.statSync(Path.join(folder, first), { throwIfNoEntry: false })?.isDirectory() === true) {
          const error = yield* Effect.flip(find(folder))
          assert.deepInclude(error, { reason: "is a folder", path: Path.join(folder, first) })
          return
        }
        const right = (yield* find(folder, "check")).present
        assert.deepStrictEqual(yield* find(folder), { present: right, hashed: [...ofFirst, 9] })
        assert.includeMembers([...right], [11, 12])
      }),
    ),
  )

  it.live("what was changed while we wrote to the same file is read again, though we wrote last", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const stored = yield* open(folder)
            yield* present(stored.resume)
            yield* stored.prepare
            yield* put(stored, 0)
            yield* put(stored, 1)
            yield* aWhile
            flip(Path.join(folder, first), 5)
            yield* put(stored, 2)
          }),
        )
        assert.deepStrictEqual(yield* find(folder), { present: [1, 2], hashed: [...ofFirst, 9] })
      }),
    ),
  )

  it.live("the same when we are killed in that write, which makes the change look like our own", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        let alive = true
        let last = false
        const mortal = {
          ...Fs,
          writeSync: (fd: number, bytes: Uint8Array, from?: number, length?: number, at?: number) => {
            if (!alive) throw new Error("killed")
            const written = Fs.writeSync(fd, bytes, from, length, at)
            // Only the journal is appended to; everything else has its place.
            alive = !(last && at !== undefined)
            if (!alive) throw new Error("killed")
            return written
          },
        } as unknown as typeof Fs
        yield* Effect.scoped(
          Effect.gen(function* () {
            const stored = yield* open(folder)
            yield* present(stored.resume)
            yield* stored.prepare
            yield* put(stored, 0)
            yield* put(stored, 1)
            yield* aWhile
            flip(Path.join(folder, first), 5)
            last = true
            yield* Effect.flip(put(stored, 2))
          }),
        ).pipe(Effect.provide(HashedPieces.make(mortal).layer, { local: true }))
        assert.deepStrictEqual(yield* find(folder), { present: [1, 2], hashed: [...ofFirst, 9] })
      }),
    ),
  )

  it.live("a change that happened between the look and the first write is noticed", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0, 1])
        yield* Effect.scoped(
          Effect.gen(function* () {
            const stored = yield* open(folder)
            yield* present(stored.resume)
            yield* aWhile
            flip(Path.join(folder, first), 5)
            yield* stored.prepare
            yield* put(stored, 2)
          }),
        )
        assert.deepStrictEqual(yield* find(folder), { present: [1, 2], hashed: [...ofFirst, 9] })
      }),
    ),
  )

  it.live(
    "a record that is cut off anywhere, or has any byte of it damaged, says nothing wrong",
    () =>
      inTemporary((folder) =>
        Effect.gen(function* () {
          yield* get(folder, [0, 4])
          const stored = yield* open(folder)
          yield* present(stored.resume)
          yield* stored.prepare
          for (const piece of [5, 13, 1, 2]) {
            yield* aWhile
            yield* put(stored, piece)
          }
          const record = recordIn(folder)
          const bytes = Fs.readFileSync(record)
          for (let place = 0; place < bytes.length; place++) {
            const harmed = bytes.slice()
            harmed[place]! ^= 0x41
            for (const content of [harmed, bytes.subarray(0, place)]) {
              Fs.writeFileSync(record, content)
              assert.deepStrictEqual((yield* find(folder)).present, [0, 1, 2, 4, 5, 13], `at ${place}`)
            }
          }
        }).pipe(Effect.scoped),
      ),
    60_000,
  )

  it.live("another torrent's record is not believed", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const other = make({ pieceLength: 100, files: [{ length: 1400, padding: false, folder: 0 }] })
        const elsewhere = Path.join(folder, "elsewhere")
        yield* get(elsewhere, everyPiece.slice(1), other)
        const record = Fs.readFileSync(recordIn(elsewhere))
        yield* get(folder, [0])
        Fs.writeFileSync(recordIn(folder), record)
        assert.deepStrictEqual(yield* find(folder), { present: [0], hashed: everyPiece })
      }),
    ),
  )

  it.live("two torrents in one folder are remembered apart", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const other = make({ pieceLength: 64, files: [{ length: 500, padding: false, folder: 2 }] })
        const renamed: Made = {
          ...other,
          torrent: {
            ...other.torrent,
            infoHash: new Uint8Array(20).fill(7),
            files: other.torrent.files.map((file) => ({ ...file, path: ["other", ...file.path.slice(1)] })),
          },
        }
        yield* get(folder, [3])
        yield* get(folder, [1, 2], renamed)
        assert.lengthOf(records(folder), 2)
        assert.deepStrictEqual(yield* find(folder), { present: [3], hashed: [] })
      }),
    ),
  )

  it.live.each(["folder", "link", "pipe", "a hundred megabytes"])("a %s in the record's place harms nothing", (what) =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0])
        const record = recordIn(folder)
        const outside = Path.join(folder, "outside")
        Fs.rmSync(record)
        if (what === "folder") Fs.mkdirSync(record)
        if (what === "link") Fs.symlinkSync(outside, record)
        if (what === "pipe")
          yield* Effect.promise(async () => (await import("node:child_process")).execFileSync("mkfifo", [record]))
        if (what === "a hundred megabytes") {
          Fs.writeFileSync(record, "")
          Fs.truncateSync(record, 100 << 20)
        }
        assert.deepStrictEqual(yield* find(folder), { present: [0], hashed: everyPiece })
        yield* get(folder, everyPiece.slice(1))
        assert.deepStrictEqual((yield* find(folder)).present, everyPiece)
        assert.isFalse(Fs.existsSync(outside))
      }),
    ),
  )

  it.live("no torrent may call its file as a record is called", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        for (const suffix of ["", ".new"]) {
          const path = [`.${"AB".repeat(20)}.Unchoke${suffix}`]
          const evil = { ...made.torrent, files: [{ ...made.torrent.files[0]!, path }] }
          assert.include(yield* Effect.flip(Effect.scoped(open(folder, evil))), { reason: "outside the folder" })
        }
      }),
    ),
  )

  it.live("a record that can't be continued is not believed where it ends, and stops nothing", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        let left = 5
        const record = /\.unchoke$/
        const journals = new Set<number>()
        const full = {
          ...Fs,
          openSync: (path: string, flags: number) => {
            const fd = Fs.openSync(path, flags)
            if (record.test(path)) journals.add(fd)
            else journals.delete(fd)
            return fd
          },
          writeSync: (fd: number, bytes: Uint8Array, from?: number, length?: number, at?: number) => {
            if (journals.has(fd) && left-- <= 0) throw Object.assign(new Error("full"), { code: "ENOSPC" })
            return Fs.writeSync(fd, bytes, from, length, at)
          },
        } as unknown as typeof Fs
        yield* get(folder, [0, 1, 2, 3, 4]).pipe(Effect.provide(HashedPieces.make(full).layer, { local: true }))
        yield* aWhile
        const { hashed, present } = yield* find(folder)
        assert.deepStrictEqual(present, [0, 1, 2, 3, 4])
        assert.deepStrictEqual(hashed, [...ofFirst, 9])
      }),
    ),
  )
})

describe("after the machine was started anew", () => {
  const elsewhen = {
    ...Fs,
    readFileSync: (...args: Parameters<typeof Fs.readFileSync>) =>
      String(args[0]).endsWith("boot_id") ? Buffer.from("another run") : Fs.readFileSync(...args),
  } as typeof Fs

  /** A store whose layout a test can look at. */
  const withLayout = () => {
    const layouts: Array<Layout> = []
    const layer = NodePieceStore.layerOn((layout) => {
      layouts.push(layout)
      return InlineDisk.make(layout)
    })
    return { layer, layouts }
  }

  it.live("nothing is believed that may not have reached the disk", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0, 12])
        assert.deepStrictEqual(yield* find(folder, "resume", elsewhen), { present: [0, 12], hashed: everyPiece })
      }),
    ),
  )

  it.live("what was brought to the disk is believed, and what was written later is hashed", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0])
        const { layer, layouts } = withLayout()
        yield* Effect.scoped(
          Effect.gen(function* () {
            const stored = yield* open(folder)
            yield* present(stored.resume)
            yield* stored.prepare
            yield* put(stored, 3)
            const [layout] = layouts as [Layout]
            const brought = new Float64Array(layout.stamps.byteLength / 8)
            const bring = bringToDisk(layout, new Float64Array(layout.stamps), brought)
            yield* bring
            const { size } = Fs.statSync(layout.record)
            yield* bring
            assert.strictEqual(Fs.statSync(layout.record).size, size, "nothing new, nothing to say")
            yield* put(stored, 8)
            yield* put(stored, 12)
          }),
        ).pipe(Effect.provide(layer, { local: true }))
        assert.deepStrictEqual(yield* find(folder, "resume", elsewhen), { present: [0, 3, 8, 12], hashed: [8, 12] })
        yield* aWhile
        flip(Path.join(folder, second), 400)
        assert.deepStrictEqual((yield* find(folder, "resume", elsewhen)).hashed, [8, 9, 10, 11, 12, 13])
      }),
    ),
  )

  it.live("nothing is claimed when the disk refuses to say that it has it", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const { layer, layouts } = withLayout()
        yield* Effect.scoped(
          Effect.gen(function* () {
            const stored = yield* open(folder)
            yield* present(stored.resume)
            yield* stored.prepare
            yield* put(stored, 3)
            const [layout] = layouts as [Layout]
            Fs.rmSync(Path.join(folder, first))
            const stamps = new Float64Array(layout.stamps)
            yield* Effect.flip(bringToDisk(layout, stamps, new Float64Array(stamps.length)))
          }),
        ).pipe(Effect.provide(layer, { local: true }))
        assert.strictEqual((yield* find(folder, "resume", elsewhen)).hashed.length, everyPiece.length)
      }),
    ),
  )
})

describe("before the last piece is reported as stored", () => {
  const lastOf = Effect.fnUntraced(function* (folder: string, meanwhile: () => void) {
    const stored = yield* open(folder)
    yield* present(stored.resume)
    yield* stored.prepare
    for (const piece of everyPiece.slice(0, -1)) yield* put(stored, piece)
    yield* aWhile
    meanwhile()
    return yield* put(stored, 13)
  }, Effect.scoped)

  const meanwhile: ReadonlyArray<
    readonly [what: string, change: (path: string) => void, reason: StorageError["reason"]]
  > = [
    ["changed", (path) => flip(path, 5), "changed"],
    ["cut short", (path) => Fs.truncateSync(path, 5), "changed"],
    ["deleted", (path) => Fs.rmSync(path), "not found"],
    [
      "replaced",
      (path) => {
        Fs.writeFileSync(`${path}.new`, new Uint8Array(950))
        Fs.renameSync(`${path}.new`, path)
      },
      "changed",
    ],
  ]
  it.live.each(meanwhile)(
    "a file that was %s meanwhile is an error; the others are still there",
    ([, change, reason]) =>
      inTemporary((folder) =>
        Effect.gen(function* () {
          const path = Path.join(folder, first)
          const error = yield* Effect.flip(lastOf(folder, () => change(path)))
          assert.deepInclude(error, { reason, path })
          const { hashed, present } = yield* find(folder)
          assert.deepStrictEqual(hashed, [...ofFirst, 9])
          assert.includeMembers([...present], [10, 11, 12, 13])
          yield* get(folder, everyPiece)
          assert.deepStrictEqual((yield* find(folder, "check")).present, everyPiece)
          assert.deepStrictEqual(records(folder), [])
        }),
      ),
  )

  it.live("a file that only looks changed is read again, and that is all", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const verdict = yield* lastOf(folder, () => Fs.chmodSync(Path.join(folder, first), 0o600))
        assert.strictEqual(verdict, "stored")
        assert.deepStrictEqual(records(folder), [])
      }),
    ),
  )

  it.live("a file that goes while we write to it is an error at the next write", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const path = Path.join(folder, first)
        for (const [change, reason] of [
          [() => Fs.rmSync(path), "not found"],
          [() => Fs.renameSync(path, `${path}.away`), "not found"],
          [() => Fs.truncateSync(path, 5), "changed"],
        ] as const) {
          const error = yield* Effect.gen(function* () {
            const stored = yield* open(folder)
            yield* present(stored.resume)
            yield* stored.prepare
            yield* put(stored, 0)
            yield* aWhile
            change()
            return yield* Effect.flip(put(stored, 1))
          }).pipe(Effect.scoped)
          assert.deepInclude(error, { reason, path })
        }
        yield* get(folder, everyPiece)
        assert.deepStrictEqual((yield* find(folder, "check")).present, everyPiece)
      }),
    ),
  )
})

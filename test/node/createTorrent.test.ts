/** Torrents made of real files: whatever lies in a folder, what is made describes it, and nobody's change meanwhile goes unseen. */
import { assert, describe, it } from "@effect/vitest"
import { createTorrent, type CreateOptions, NodePieceStore } from "@unchoke/node"
import { Context, Effect, Layer, Schema, Stream } from "effect"
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { type Created, type CreationEvent, PieceStore } from "@unchoke/engine"
import { createTorrentOn } from "../../packages/node/src/creation/createTorrent.ts"
import * as InlineDisk from "../../packages/node/src/InlineDisk.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.realpathSync(Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-create-")))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true })),
)

/** A folder `set` with these files; their bytes differ. */
const folderOf = Effect.fnUntraced(function* (files: Readonly<Record<string, number>>) {
  const root = Path.join(yield* temporary, "set")
  Fs.mkdirSync(root)
  for (const [path, length] of Object.entries(files)) {
    Fs.mkdirSync(Path.dirname(Path.join(root, path)), { recursive: true })
    Fs.writeFileSync(Path.join(root, path), contentOf(path, length))
  }
  return root
})

const contentOf = (path: string, length: number): Buffer => {
  const block = createHash("sha512").update(path).digest()
  return Buffer.alloc(length, block)
}

const eventsOf = (path: string, options: CreateOptions = {}, fs: typeof Fs = Fs) =>
  Stream.runCollect(createTorrentOn(fs, path, options))

const createdIn = (events: ReadonlyArray<CreationEvent>): Created => {
  const last = events.at(-1)
  assert.strictEqual(last?._tag, "Created")
  return last as Created & CreationEvent
}

const pathsIn = ({ torrent }: Created) => torrent.files.map(({ path }) => path.slice(1).join("/"))

/** What is there of it by a store that reads everything, and by one that is told how the files were seen. */
const present = Effect.fnUntraced(function* ({ content: { folder, seen, torrent } }: Created) {
  let hashed = 0
  const disk = NodePieceStore.layerOn((layout) =>
    Effect.map(InlineDisk.make(layout), (disk) => ({
      submit: (request, done) => {
        if (request.kind === "check") hashed++
        disk.submit(request, done)
      },
    })),
  )
  const store = Context.get(yield* Layer.build(disk), PieceStore)
  const count = (checked: ReadonlyArray<{ readonly present: boolean }>) => checked.filter((one) => one.present).length
  const read = count(yield* Stream.runCollect((yield* store.open(torrent, folder)).check))
  hashed = 0
  const known = count(yield* Stream.runCollect((yield* store.open(torrent, folder, { seen })).resume))
  return { read, known, hashed }
}, Effect.scoped)

const Name = Schema.Literals([
  "a",
  "b",
  "B",
  "a-b",
  "a b",
  ".hidden",
  "größe",
  "0",
  "z.bin",
  "a0",
  "\u{1f600}",
  "\uff5e",
])
const Entry = Schema.Tuple([
  Schema.Array(Name).check(Schema.isBetweenLength(1, 3)),
  Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100_000 })),
])

describe("a torrent of a folder", () => {
  it.effect.prop(
    "whatever the layout: it says what is there, in the order of the bytes, whoever hashes it; and it is seeded without being read again",
    [
      Schema.Array(Entry).check(Schema.isBetweenLength(1, 8)),
      Schema.optional(Schema.Literals([16_384, 65_536, 1 << 20])),
      Schema.Boolean,
      Schema.Boolean,
    ],
    ([entries, pieceLength, hidden, empty]) =>
      Effect.gen(function* () {
        // A folder is no file: the first of two that clash counts.
        const files: Record<string, number> = {}
        for (const [path, length] of entries) {
          const key = path.join("/")
          const clashes = Object.keys(files).some(
            (other) => other === key || other.startsWith(`${key}/`) || key.startsWith(`${other}/`),
          )
          if (!clashes) files[key] = length
        }
        const isTaken = ([path, length]: readonly [string, number]) =>
          (hidden || !/(?:^|\/)\./.test(path)) && (empty || length > 0)
        const model = Object.entries(files)
          .filter(isTaken)
          .toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        const data = Buffer.concat(model.map(([path, length]) => contentOf(path, length)))
        const root = yield* folderOf(files)
        if (data.length === 0) {
          const error = yield* Effect.flip(eventsOf(root, { hidden, empty }))
          assert.strictEqual(error._tag, "Uncreatable")
          return
        }
        const created = createdIn(yield* eventsOf(root, { pieceLength, hidden, empty }))
        const { geometry, pieceHashes } = created.torrent
        assert.deepStrictEqual(
          created.content.torrent.files.map(({ length, path }) => [path.slice(1).join("/"), length]),
          model,
        )
        for (let piece = 0; piece < geometry.pieces; piece++) {
          const bytes = data.subarray(piece * geometry.pieceLength, (piece + 1) * geometry.pieceLength)
          const hash = createHash("sha1").update(bytes).digest()
          assert.deepStrictEqual(Buffer.from(pieceHashes.subarray(piece * 20, piece * 20 + 20)), hash)
        }
        assert.strictEqual(geometry.length, data.length)
        assert.deepStrictEqual(yield* present(created), { read: geometry.pieces, known: geometry.pieces, hashed: 0 })
      }).pipe(Effect.scoped),
    { arbitrary: { runs: 60 } },
  )

  it.effect("by several threads as by one, whatever the length of the pieces", () =>
    Effect.gen(function* () {
      const MiB = 1 << 20
      const root = yield* folderOf({ a: 5, "b/long": 50 * MiB + 12_345, "b/short": 70_000, c: 13 * MiB, d: 0 })
      for (const pieceLength of [16_384, 256 << 10, 512 << 10, 1 << 20, 16 << 20, 64 << 20]) {
        const hashes = []
        for (const threads of [1, 2, 5]) {
          const events = yield* eventsOf(root, { pieceLength, threads })
          const { torrent } = createdIn(events)
          hashes.push(Buffer.from(torrent.infoHash).toString("hex"))
          const progress = events.flatMap((event) => (event._tag === "Hashed" ? [event.bytes] : []))
          assert.deepStrictEqual(
            progress,
            [...new Set(progress)].toSorted((a, b) => a - b),
          )
          assert.strictEqual(progress.at(-1), torrent.geometry.length)
        }
        assert.strictEqual(new Set(hashes).size, 1)
      }
    }),
  )

  it.effect("hashes by threads are the bytes'", () =>
    Effect.gen(function* () {
      const root = yield* folderOf({ a: 3_000_000, b: 40_000_000 })
      for (const pieceLength of [32_768, 4 << 20]) {
        const { torrent } = createdIn(yield* eventsOf(root, { pieceLength, threads: 3 }))
        const data = Buffer.concat([contentOf("a", 3_000_000), contentOf("b", 40_000_000)])
        const model = createHash("sha1")
        for (let at = 0; at < data.length; at += pieceLength) {
          model.update(
            createHash("sha1")
              .update(data.subarray(at, at + pieceLength))
              .digest(),
          )
        }
        assert.strictEqual(createHash("sha1").update(torrent.pieceHashes).digest("hex"), model.digest("hex"))
      }
    }),
  )

  it.effect("files in the order of mktorrent, or of transmission", () =>
    Effect.gen(function* () {
      const root = yield* folderOf({ "a/x": 1, "a-b": 1, "a b/z": 1, a0: 1, B: 1, ".h": 1, "a.b": 1, ä: 1 })
      const orderOf = (options: CreateOptions) => Effect.map(eventsOf(root, options), (all) => pathsIn(createdIn(all)))
      assert.deepStrictEqual(yield* orderOf({}), [".h", "B", "a b/z", "a-b", "a.b", "a/x", "a0", "ä"])
      assert.deepStrictEqual(yield* orderOf({ order: "letters", hidden: false }), [
        "ä",
        "a b/z",
        "a-b",
        "a.b",
        "a/x",
        "a0",
        "B",
      ])
    }),
  )

  it.effect("a single file; under another name", () =>
    Effect.gen(function* () {
      const root = yield* folderOf({ film: 40_000 })
      const created = createdIn(yield* eventsOf(Path.join(root, "film"), { name: "other.mkv", source: "X" }))
      assert.strictEqual(created.torrent.name, "other.mkv")
      assert.deepStrictEqual(
        created.torrent.files.map(({ path }) => path),
        [["other.mkv"]],
      )
      assert.deepStrictEqual(yield* present(created), { read: 3, known: 3, hashed: 0 })
    }),
  )

  it.effect("names that are not kept apart everywhere are told, and seeded all the same", () =>
    Effect.gen(function* () {
      const root = yield* folderOf({ "d/X": 20_000, "d/x": 20_000 })
      const events = yield* eventsOf(root)
      assert.deepInclude(events, { _tag: "Renamed", path: Path.join(root, "d/x"), name: "x.1" })
      assert.deepStrictEqual(yield* present(createdIn(events)), { read: 3, known: 3, hashed: 0 })
    }),
  )
})

describe("what is no file", () => {
  it.effect("links into the folder are links; others, and what is special, are left out and told", () =>
    Effect.gen(function* () {
      const root = yield* folderOf({ "a/file": 10, "b/other": 10 })
      const at = (path: string) => Path.join(root, path)
      Fs.symlinkSync("../a/file", at("b/link"))
      Fs.symlinkSync(at("a"), at("absolute"))
      Fs.symlinkSync("b/link", at("twice"))
      Fs.symlinkSync("/etc", at("outside"))
      Fs.symlinkSync("..", at("above"))
      Fs.symlinkSync(".", at("itself"))
      Fs.symlinkSync("nowhere", at("broken"))
      Fs.symlinkSync("loop", at("loop"))
      Fs.mkdirSync(at("void"))
      Fs.symlinkSync("void", at("empty"))
      assert.strictEqual(spawnSync("mkfifo", [at("pipe")]).status, 0)
      const events = yield* eventsOf(root)
      const { torrent } = createdIn(events)
      const links = torrent.files.flatMap(({ link, path }) =>
        link === undefined ? [] : [[path.slice(1).join("/"), link.slice(1).join("/")]],
      )
      assert.deepStrictEqual(links, [
        ["absolute", "a"],
        ["b/link", "a/file"],
        ["twice", "b/link"],
      ])
      const omitted = events.flatMap((event) =>
        event._tag === "Omitted" ? [[Path.basename(event.path), event.why]] : [],
      )
      assert.sameDeepMembers(omitted, [
        ["outside", "it is a link that leads out of the folder"],
        ["above", "it is a link that leads out of the folder"],
        ["itself", "it is a link that leads out of the folder"],
        ["broken", "it is a link that leads nowhere"],
        ["loop", "it is a link that leads nowhere"],
        ["empty", "it is a link that leads nowhere"],
        ["pipe", "it is a pipe, a socket or a device"],
      ])
    }),
  )

  it.effect("with followLinks what they lead to is taken, and no circle is gone round", () =>
    Effect.gen(function* () {
      const root = yield* folderOf({ "a/file": 10 })
      const at = (path: string) => Path.join(root, path)
      Fs.writeFileSync(Path.join(root, "..", "elsewhere"), "elsewhere")
      Fs.symlinkSync("../elsewhere", at("outside"))
      Fs.symlinkSync("a", at("again"))
      Fs.symlinkSync("..", at("a/up"))
      Fs.symlinkSync("nowhere", at("broken"))
      const events = yield* eventsOf(root, { followLinks: true })
      const created = createdIn(events)
      assert.deepStrictEqual(pathsIn(created), ["a/file", "again/file", "outside"])
      assert.sameMembers(
        events.flatMap((event) => (event._tag === "Omitted" ? [event.why] : [])),
        [
          "it is a link that leads in a circle",
          "it is a link that leads in a circle",
          "it is a link that leads nowhere",
        ],
      )
    }),
  )

  it.effect("nothing that makes a torrent", () =>
    Effect.gen(function* () {
      const root = yield* folderOf({ nothing: 0 })
      const whyOf = (path: string, options?: CreateOptions) =>
        Effect.map(Effect.flip(eventsOf(path, options)), (error) =>
          error._tag === "Uncreatable" ? error.why : error.reason,
        )
      assert.strictEqual(yield* whyOf(root), "there is not a byte in it")
      assert.strictEqual(yield* whyOf(root, { empty: false }), "there is no file in it")
      assert.strictEqual(yield* whyOf(Path.join(root, "nothing")), "there is not a byte in it")
      assert.strictEqual(yield* whyOf(Path.join(root, "missing")), "not found")
      assert.strictEqual(yield* whyOf("/dev/null"), "it is neither a file nor a folder")
      assert.strictEqual(
        yield* whyOf(root, { pieceLength: 40_000 }),
        "the piece length is no power of two from 16 KiB to 512 MiB",
      )
      Fs.writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.of(0x61, 0xff)]), "x")
      assert.strictEqual(yield* whyOf(root), "its name is not UTF-8")
    }),
  )

  it.effect("a name that no client would take", () =>
    Effect.gen(function* () {
      const why = Effect.fnUntraced(function* (files: Readonly<Record<string, number>>, options?: CreateOptions) {
        const error = yield* Effect.flip(eventsOf(yield* folderOf(files), options))
        return error._tag === "Uncreatable" ? error.why : error.reason
      })
      const nobody = "its name is one that no client takes"
      assert.strictEqual(yield* why({ "C:": 1 }), nobody)
      assert.strictEqual(yield* why({ ".pad/7": 7 }), nobody)
      assert.strictEqual(yield* why({ a: 1 }, { name: ".." }), nobody)
      assert.strictEqual(yield* why({ a: 1 }, { name: "/" }), nobody)
    }),
  )
})

describe("what goes wrong meanwhile", () => {
  /** Node's file system, of which one file cannot be opened, or is changed by somebody when it is read for the first time. */
  const troubled = (path: string, trouble: (path: string) => void, call: "openSync" | "readSync"): typeof Fs => {
    let fd = -1
    let done = false
    const strike = () => {
      if (!done) trouble(path)
      done = true
    }
    return {
      ...Fs,
      openSync: ((...args: Parameters<typeof Fs.openSync>) => {
        if (args[0] === path && call === "openSync") strike()
        const opened = Fs.openSync(...args)
        if (args[0] === path) fd = opened
        return opened
      }) as typeof Fs.openSync,
      readSync: ((...args: Parameters<typeof Fs.readSync>) => {
        const count = Fs.readSync(...args)
        if (args[0] === fd && call === "readSync") strike()
        return count
      }) as typeof Fs.readSync,
    }
  }

  const troubles: ReadonlyArray<
    readonly [what: string, trouble: (path: string) => void, reason: "changed" | "not found"]
  > = [
    ["longer", (path) => Fs.appendFileSync(path, "x"), "changed"],
    ["shorter", (path) => Fs.truncateSync(path, 10), "changed"],
    ["another one", (path) => (Fs.rmSync(path), Fs.writeFileSync(path, contentOf("other", 300_000))), "changed"],
    [
      "other bytes",
      (path) => (Fs.writeFileSync(path, contentOf("other", 300_000)), Fs.utimesSync(path, 1, 1)),
      "changed",
    ],
    ["a folder", (path) => (Fs.rmSync(path), Fs.mkdirSync(path)), "changed"],
    ["gone", (path) => Fs.rmSync(path), "not found"],
  ]

  for (const call of ["openSync", "readSync"] as const) {
    it.effect.each(troubles)(`a file that is %s at its first ${call} is named`, ([, trouble, reason]) =>
      Effect.gen(function* () {
        const root = yield* folderOf({ a: 70_000, b: 300_000, c: 300_000 })
        const path = Path.join(root, "b")
        const error = yield* Effect.flip(eventsOf(root, {}, troubled(path, trouble, call)))
        assert.strictEqual(error._tag, "StorageError")
        assert.deepInclude({ ...error }, { path, reason })
      }),
    )
  }

  it.effect("a file that was hashed already, and is changed while another is", () =>
    Effect.gen(function* () {
      const root = yield* folderOf({ a: 70_000, b: 300_000 })
      const path = Path.join(root, "a")
      const fs = troubled(Path.join(root, "b"), () => Fs.appendFileSync(path, "x"), "readSync")
      const error = yield* Effect.flip(eventsOf(root, { pieceLength: 16_384 }, fs))
      assert.strictEqual(error._tag, "StorageError")
      assert.deepInclude({ ...error }, { path, reason: "changed" })
    }),
  )

  it.effect("a read that did not work this time is repeated, and one that never works is given up", () =>
    Effect.gen(function* () {
      const root = yield* folderOf({ a: 300_000 })
      const expected = createdIn(yield* eventsOf(root))
      for (const code of ["EINTR", "EAGAIN"]) {
        let left = 0
        const readSync = ((...args: Parameters<typeof Fs.readSync>) => {
          if (left-- > 0) throw Object.assign(new Error(code), { code })
          left = 3
          return Fs.readSync(...args)
        }) as typeof Fs.readSync
        left = 2
        assert.deepStrictEqual(createdIn(yield* eventsOf(root, {}, { ...Fs, readSync })).bytes, expected.bytes)
        left = Infinity
        const error = yield* Effect.flip(eventsOf(root, {}, { ...Fs, readSync }))
        assert.deepInclude({ ...error }, { path: Path.join(root, "a"), reason: "other" })
      }
    }),
  )

  it.effect("what cannot be read is named: a file, a folder, an entry", () =>
    Effect.gen(function* () {
      const root = yield* folderOf({ a: 70_000, "b/c": 70_000 })
      const refuse = (call: "openSync" | "readdirSync" | "lstatSync", path: string): typeof Fs => ({
        ...Fs,
        [call]: (...args: ReadonlyArray<unknown>) => {
          if (args[0] === path) throw Object.assign(new Error("refused"), { code: "EACCES" })
          return (Fs[call] as (...args: ReadonlyArray<unknown>) => unknown)(...args)
        },
      })
      for (const [call, name] of [
        ["openSync", "a"],
        ["readdirSync", "b"],
        ["lstatSync", "b/c"],
      ] as const) {
        const path = Path.join(root, name)
        const error = yield* Effect.flip(eventsOf(root, {}, refuse(call, path)))
        assert.deepInclude({ ...error }, { _tag: "StorageError", path, reason: "permission denied" })
      }
    }),
  )

  it.effect("a thread's trouble is told as one's own", () =>
    Effect.gen(function* () {
      const root = yield* folderOf({ a: 90_000_000, b: 10 })
      const path = Path.join(root, "a")
      const changing = createTorrent(root, { threads: 2 }).pipe(
        Stream.tap((event) =>
          event._tag === "Found" ? Effect.sync(() => Fs.truncateSync(path, 80_000_000)) : Effect.void,
        ),
        Stream.runDrain,
      )
      const error = yield* Effect.flip(changing)
      assert.deepInclude({ ...error }, { _tag: "StorageError", path, reason: "changed" })
    }),
  )

  it.effect("interrupted, no thread is left and no file is open", () =>
    Effect.gen(function* () {
      const root = yield* folderOf({ a: 10 })
      // Sparse: it takes seconds to hash.
      Fs.truncateSync(Path.join(root, "a"), 20e9)
      const open = () => Fs.readdirSync("/proc/self/fd").length
      const threads = () => Fs.readdirSync("/proc/self/task").length
      const [opened, running] = [open(), threads()]
      const first = yield* createTorrent(root, { threads: 3 }).pipe(
        Stream.filter((event) => event._tag === "Hashed" && event.bytes > 0),
        Stream.take(8),
        Stream.runCollect,
      )
      assert.strictEqual(first.length, 8)
      assert.isAtMost(open(), opened)
      assert.isAtMost(threads(), running)
    }),
  )
})

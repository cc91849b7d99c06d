/** What is particular to files: large torrents change threads on the way, unsafe paths are refused, disk errors are typed. */
import { assert, describe, it } from "@effect/vitest"
import { NodePieceStore } from "@unchoke/node"
import { Geometry } from "@unchoke/protocol"
import { Effect, Stream } from "effect"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { PieceStore, StorageError, type Torrent } from "@unchoke/engine"
import { toStorageError } from "../../packages/node/src/StorageFault.ts"
import { make } from "../compliance/TorrentOf.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-store-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
)

const { data, torrent } = make({ pieceLength: 50, files: [{ length: 120, padding: false, folder: 1 }] })

describe("NodePieceStore", () => {
  it.live("a large torrent begins here and goes on in a worker, and nothing is lost on the way", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const large = zeros(1 << 20, 260)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const stored = yield* (yield* PieceStore).open(large, folder)
          yield* stored.prepare
          for (let piece = 0; piece < large.geometry.pieces; piece++) {
            // Some of them before the thread has started.
            if (piece === 20) yield* Effect.sleep(100)
            const buffer = stored.lend()!
            buffer.fill(0)
            buffer[0] = piece % 7 === 0 ? 1 : 0
            assert.strictEqual(yield* stored.write(piece, buffer), piece % 7 === 0 ? "corrupt" : "stored")
          }
        }),
      )
      assert.strictEqual(Fs.statSync(Path.join(folder, "zeros.part")).size, large.geometry.length)
      // One piece that is not what it should be, in the middle.
      const fd = Fs.openSync(Path.join(folder, "zeros.part"), "r+")
      Fs.writeSync(fd, Uint8Array.of(1), 0, 1, 70 * (1 << 20) + 5)
      Fs.closeSync(fd)
      const stored = yield* (yield* PieceStore).open(large, folder)
      const checked = yield* Stream.runCollect(stored.check)
      assert.deepStrictEqual(
        checked.filter(({ present }) => !present).map(({ piece }) => piece),
        [70],
      )
    }).pipe(Effect.provide(NodePieceStore.layer)),
  )

  it.live("a great many files: empty ones are there at once, the others when they are written", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const many = make({
        pieceLength: 64,
        files: Array.from({ length: 1500 }, (_, index) => ({ length: index % 3, padding: false, folder: 0 })),
      })
      const stored = yield* (yield* PieceStore).open(many.torrent, folder)
      yield* stored.prepare
      const there = () => new Set(Fs.readdirSync(Path.join(folder, "torrent")))
      assert.isTrue(there().has("1200.bin") && there().has("896.bin.part") && !there().has("1000.bin"))
      assert.isFalse(there().has("1088.bin.part"))
      for (let piece = 0; piece < many.torrent.geometry.pieces; piece++) {
        const buffer = stored.lend()!
        buffer.set(many.data.subarray(piece * 64, piece * 64 + 64))
        yield* stored.write(piece, buffer)
      }
      for (const { length, offset, path } of many.torrent.files) {
        const bytes = Fs.readFileSync(Path.join(folder, ...path))
        assert.deepStrictEqual([...bytes], [...many.data.subarray(offset, offset + length)])
      }
      assert.lengthOf(there(), 1500)
    }).pipe(Effect.provide(NodePieceStore.layer)),
  )

  const unsafe: ReadonlyArray<Array<string>> = [
    [".."],
    ["a", "..", "b"],
    ["/etc/passwd"],
    ["a", ""],
    ["."],
    ["a\0b"],
    [],
  ]
  it.live.each(unsafe.map((path) => ({ path })))("refuses the path $path before anything else", ({ path }) =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const evil = { ...torrent, files: [{ ...torrent.files[0]!, path }] }
      const error = yield* Effect.flip((yield* PieceStore).open(evil, folder))
      assert.strictEqual(error.reason, "outside the folder")
    }).pipe(Effect.provide(NodePieceStore.layer)),
  )

  it.live("a folder in the place of a file fails check, prepare and write, each naming it", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const path = Path.join(folder, ...torrent.files[0]!.path)
      Fs.mkdirSync(path, { recursive: true })
      const stored = yield* (yield* PieceStore).open(torrent, folder)
      const buffer = stored.lend()!
      buffer.set(data.subarray(0, 50))
      const failures = [Stream.runDrain(stored.check), stored.prepare, stored.write(0, buffer)]
      for (const failing of failures) {
        const error = yield* Effect.flip(failing)
        assert.instanceOf(error, StorageError)
        assert.deepStrictEqual([error.reason, error.path], ["is a folder", path])
      }
      Fs.rmdirSync(path)
      yield* stored.prepare
      const again = stored.lend()!
      again.set(data.subarray(0, 50))
      assert.strictEqual(yield* stored.write(0, again), "stored", "it goes on once the cause is gone")
    }).pipe(Effect.provide(NodePieceStore.layer)),
  )

  it.each([
    ["ENOSPC", "no space"],
    ["EDQUOT", "no space"],
    ["EACCES", "permission denied"],
    ["EPERM", "permission denied"],
    ["EROFS", "read-only"],
    ["ENOTDIR", "not a folder"],
    ["EISDIR", "is a folder"],
    ["ENOENT", "not found"],
    ["EMFILE", "too many open files"],
    ["ENFILE", "too many open files"],
    ["EFBIG", "file too large"],
    ["ENXIO", "not a file"],
    ["ENODEV", "not a file"],
    ["ENOTFILE", "not a file"],
    ["ESHORT", "short write"],
    ["EOUTSIDE", "outside the folder"],
    ["EIO", "other"],
  ] as const)("%s is %s, and stays as the cause", (code, reason) => {
    const error = toStorageError({ operation: "write", path: "/a/b", code, message: "why" })
    assert.deepStrictEqual([error.reason, error.path, error.operation], [reason, "/a/b", "write"])
    assert.strictEqual((error.cause as { code?: string }).code, code)
  })
})

/** A torrent of one file full of zeros. */
const zeros = (pieceLength: number, pieces: number): Torrent => {
  const hash = createHash("sha1").update(new Uint8Array(pieceLength)).digest()
  const length = pieceLength * pieces
  return {
    ...torrent,
    geometry: Geometry.make(pieceLength, length),
    pieceHashes: new Uint8Array(Buffer.concat(Array.from({ length: pieces }, () => hash))),
    files: [{ path: ["zeros"], length, offset: 0, padding: false }],
  }
}

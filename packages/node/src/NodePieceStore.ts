/**
 * The `PieceStore` port on Node's file system.
 *
 * Files are created sparse in their full length and written at places. Hashing and writing happen in a thread of their own; until it has started (some
 * 30 ms, a good part of a small download) the work is done here.
 */
import { Effect, Layer, type Scope, Stream } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { PieceStore, type StorageError, type StoredTorrent, type Torrent } from "unchoke"
import type { Disk, Layout, Reply, Request } from "./Disk.ts"
import * as InlineDisk from "./InlineDisk.ts"
import { PieceBuffers } from "./PieceBuffers.ts"
import { PieceSpans } from "./PieceSpans.ts"
import { toStorageError } from "./StorageFault.ts"
import * as WorkerDisk from "./WorkerDisk.ts"
import { WriteQueue } from "./WriteQueue.ts"

/**
 * Torrents up to so many bytes are done before a worker would have earned its start-up: on two cores 64 MiB take 0.12 s here and 0.17 s with a worker,
 * 128 MiB the same, 1 GiB 1.8 s and 1.2 s.
 */
const inlineLength = 128 << 20

/** Bytes that are checked between two looks at anything else, and so many pieces at most. */
const checkBytes = 4 << 20
const checkPieces = 1024

/**
 * So many files are created before the first write, so that whatever is in their way is found out early. The rest of a hundred thousand small ones is
 * created as they are first written: half the system calls.
 */
const eagerFiles = 1024

/** Files that are created between two looks at anything else. */
const prepareFiles = 256

/** Where the work is done. */
export type DiskOf = (layout: Layout, length: number) => Effect.Effect<Disk, never, Scope.Scope>

/** The piece store on a disk of one's choice. */
export const layerOn = (diskOf: DiskOf): Layer.Layer<PieceStore> =>
  Layer.succeed(PieceStore)({
    open: Effect.fnUntraced(function* (torrent: Torrent, folder: string) {
      const { geometry } = torrent
      const buffers = new PieceBuffers(geometry.pieceLength, geometry.pieces)
      const layout = yield* layoutOf(torrent, Path.resolve(folder), buffers)
      const disk = yield* diskOf(layout, geometry.length)
      const spans = new PieceSpans(geometry, torrent.files)
      const queue = new WriteQueue(disk, spans, buffers)
      const stored: StoredTorrent = {
        check: checkAll(disk, spans, torrent, layout.folder),
        prepare: prepareAll(disk, torrent.files, layout.folder),
        lend: () => buffers.lend(),
        giveBack: (buffer) => buffers.giveBack(buffer),
        write: (piece, buffer) => queue.write(piece, buffer),
      }
      return stored
    }),
  })

/** A thread of its own, except for small torrents. */
export const layer: Layer.Layer<PieceStore> = Layer.suspend(() => layerOn(bestDisk))

const layoutOf = (torrent: Torrent, folder: string, buffers: PieceBuffers): Effect.Effect<Layout, StorageError> => {
  const { files, pieceHashes } = torrent
  const escaping = files.find(({ path }) => path.length === 0 || path.some(leavesFolder))
  if (escaping !== undefined) {
    return Effect.fail(
      toStorageError({
        operation: "open",
        path: Path.join(folder, ...escaping.path),
        code: "EOUTSIDE",
        message: "not a safe path",
      }),
    )
  }
  return Effect.succeed({
    folder,
    separator: Path.sep,
    paths: files.map(({ path }) => path.join(Path.sep)).join("\0"),
    lengths: Float64Array.from(files, ({ length, padding }) => (padding ? -1 : length)),
    hashes: pieceHashes.slice(),
    buffers: buffers.memory,
  })
}

/** The metainfo's reader has made the paths safe; here is where a mistake would do harm. */
const leavesFolder = (segment: string): boolean =>
  segment === "" || segment === "." || segment === ".." || segment.includes("\0") || segment.includes(Path.sep)

const bestDisk: DiskOf = Effect.fnUntraced(function* (layout, length) {
  const inline = yield* InlineDisk.make(layout)
  if (length <= inlineLength) return inline
  const worker = yield* WorkerDisk.make(layout)
  const disk: Disk = { submit: (request, done) => (worker.ready() ? worker : inline).submit(request, done) }
  return disk
})

const ask = (disk: Disk, request: Request): Effect.Effect<Reply, StorageError> =>
  Effect.callback<Reply>((resume) => disk.submit(request, (reply) => resume(Effect.succeed(reply)))).pipe(
    Effect.tap((reply) => {
      const fault = reply.find((answer) => typeof answer === "object")
      return fault === undefined ? Effect.void : Effect.fail(toStorageError(fault))
    }),
  )

const checkAll = (
  disk: Disk,
  spans: PieceSpans,
  { files, geometry }: Torrent,
  folder: string,
): StoredTorrent["check"] => {
  const count = Math.min(checkPieces, Math.max(1, Math.floor(checkBytes / geometry.pieceLength)))
  const batch = Effect.fnUntraced(function* (first: number) {
    const pieces = Array.from({ length: Math.min(count, geometry.pieces - first) }, (_, index) => first + index)
    yield* Effect.yieldNow
    const reply = yield* ask(disk, { kind: "check", jobs: spans.toCheck(pieces) })
    return pieces.map((piece, index) => ({ piece, present: reply[index] === true }))
  })
  const read = Stream.range(0, Math.ceil(geometry.pieces / count) - 1).pipe(
    Stream.mapEffect((index) => batch(index * count), { concurrency: 2 }),
    Stream.flattenIterable,
  )
  const nothing = Stream.range(0, geometry.pieces - 1).pipe(Stream.map((piece) => ({ piece, present: false })))
  // A piece of padding alone is there without any file.
  const padded = files.some(({ padding }) => padding)
  return Stream.suspend(() => (!padded && isFresh(files, folder) ? nothing : read))
}

/** Whether nothing of the torrent is there. */
const isFresh = (files: Torrent["files"], folder: string): boolean => {
  const roots = new Set(files.map(({ path }) => path[0]!))
  try {
    return [...roots].every((root) => Fs.lstatSync(Path.join(folder, root), { throwIfNoEntry: false }) === undefined)
  } catch {
    return false
  }
}

const prepareAll = (disk: Disk, files: Torrent["files"], folder: string): StoredTorrent["prepare"] =>
  Effect.gen(function* () {
    // Nothing is ever written to an empty file, and perhaps nothing to one that is there already, but too long.
    const all = !isFresh(files, folder)
    const due = [...files.keys()].filter((file) => all || file < eagerFiles || files[file]!.length === 0)
    for (let from = 0; from < due.length; from += prepareFiles) {
      yield* Effect.yieldNow
      yield* ask(disk, { kind: "prepare", files: due.slice(from, from + prepareFiles) })
    }
  })

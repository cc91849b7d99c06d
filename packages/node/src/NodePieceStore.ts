/**
 * The `PieceStore` port on Node's file system.
 *
 * Files are created sparse in their full length and written at places. Hashing and writing happen in a thread of their own; until it has started (some
 * 30 ms, a good part of a small download) the work is done here. What is stored is remembered in a file beside them until all is there (`ResumeFile`).
 *
 * Invariant: the last piece is reported as stored only when all files are still as we left them, or were read again and are right.
 */
import { Bitfield } from "@unchoke/protocol"
import { Effect, Layer, Option, type Scope, Stream } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { type Checked, PieceStore, type StorageError, type StoredTorrent, type Torrent } from "unchoke"
import { ask } from "./ask.ts"
import { bestDisk } from "./bestDisk.ts"
import { bringToDiskRegularly } from "./bringToDisk.ts"
import { checkPieces } from "./checkPieces.ts"
import type { Disk, Layout } from "./Disk.ts"
import { PieceBuffers } from "./PieceBuffers.ts"
import { PieceSpans, piecesOf } from "./PieceSpans.ts"
import * as ResumeFile from "./ResumeFile.ts"
import { PieceState } from "./ResumeRecord.ts"
import { toStorageError } from "./StorageFault.ts"
import { WriteQueue } from "./WriteQueue.ts"

/**
 * So many files are created before the first write, so that whatever is in their way is found out early. The rest of a hundred thousand small ones is
 * created as they are first written: half the system calls.
 */
const eagerFiles = 1024

/** Files that are created or inspected between two looks at anything else. */
const filesAtOnce = 256

/** Where the work is done. */
export type DiskOf = (layout: Layout, length: number) => Effect.Effect<Disk, never, Scope.Scope>

/** The piece store on a disk of one's choice; its record is kept on the file system given. */
export const layerOn = (diskOf: DiskOf, fs: typeof Fs = Fs): Layer.Layer<PieceStore> =>
  Layer.succeed(PieceStore)({
    open: Effect.fnUntraced(function* (torrent: Torrent, folder: string) {
      const { geometry } = torrent
      // A torrent may call a piece longer than all it has.
      const buffers = new PieceBuffers(Math.min(geometry.pieceLength, geometry.length), geometry.pieces)
      const layout = yield* layoutOf(torrent, Path.resolve(folder), buffers)
      const disk = yield* diskOf(layout, geometry.length)
      const spans = new PieceSpans(geometry, torrent.files)
      const queue = new WriteQueue(torrent, disk, spans, buffers)
      const record = new ResumeFile.ResumeFile(fs, torrent, layout)
      yield* Effect.forkScoped(bringToDiskRegularly(layout))

      let there = Bitfield.Bitfield.empty(geometry.pieces)
      /** How many pieces the last look was at: it counts when it was at all of them. */
      let looked = 0
      const look = (states: Uint8Array) => {
        there = Bitfield.Bitfield.empty(geometry.pieces)
        looked = 0
        return Stream.map(checkPieces(disk, spans, geometry, states), (checked) => {
          looked++
          if (checked.present) there.add(checked.piece)
          return checked
        })
      }
      const all = (state: number) => new Uint8Array(geometry.pieces).fill(state)
      // A piece of padding alone is there without any file.
      const padded = torrent.files.some(({ padding }) => padding)
      const isFresh = () => !padded && nothingOf(torrent, layout.folder)

      const stored: StoredTorrent = {
        check: Stream.suspend(() => look(all(isFresh() ? PieceState.missing : PieceState.unsure))),
        resume: Stream.suspend(() =>
          isFresh()
            ? look(all(PieceState.missing))
            : Stream.unwrap(Effect.map(record.recall, (states) => look(states ?? all(PieceState.unsure)))),
        ),
        prepare: Effect.tap(prepareAll(disk, torrent, layout.folder), () =>
          Effect.sync(() => {
            // The record of a torrent that was not looked at would deny what is there.
            if (looked === geometry.pieces && !there.complete) record.begin((piece) => there.has(piece))
            else record.remove()
          }),
        ),
        lend: () => buffers.lend(),
        giveBack: (buffer) => buffers.giveBack(buffer),
        write: Effect.fnUntraced(function* (piece, buffer) {
          const verdict = yield* queue.write(piece, buffer)
          if (verdict === "stored" && !there.has(piece)) {
            there.add(piece)
            if (there.complete) {
              yield* inspectAll(disk, spans, torrent, layout.folder)
              record.remove()
            }
          }
          return verdict
        }),
      }
      return stored
    }),
  })

/** A thread of its own, except for small torrents. */
export const layer: Layer.Layer<PieceStore> = Layer.suspend(() => layerOn(bestDisk))

const layoutOf = (torrent: Torrent, folder: string, buffers: PieceBuffers): Effect.Effect<Layout, StorageError> => {
  const { files, pieceHashes } = torrent
  const escaping = files.find(
    ({ path }) => path.length === 0 || path.some(leavesFolder) || ResumeFile.isReserved(path[0]!),
  )
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
    record: Path.join(folder, ResumeFile.nameOf(torrent)),
    stamps: new SharedArrayBuffer((files.length * 2 + 1) * 8),
  })
}

/** The metainfo's reader has made the paths safe; here is where a mistake would do harm. */
const leavesFolder = (segment: string): boolean =>
  segment === "" || segment === "." || segment === ".." || segment.includes("\0") || segment.includes(Path.sep)

/** Whether nothing of the torrent is there. */
const nothingOf = ({ files }: Torrent, folder: string): boolean => {
  const roots = new Set(files.map(({ path }) => path[0]!))
  try {
    return [...roots].every((root) => Fs.lstatSync(Path.join(folder, root), { throwIfNoEntry: false }) === undefined)
  } catch {
    return false
  }
}

const prepareAll = Effect.fnUntraced(function* (disk: Disk, torrent: Torrent, folder: string) {
  const { files } = torrent
  // Nothing is ever written to an empty file, and perhaps nothing to one that is there already, but too long.
  const all = !nothingOf(torrent, folder)
  const due = [...files.keys()].filter((file) => all || file < eagerFiles || files[file]!.length === 0)
  for (let from = 0; from < due.length; from += filesAtOnce) {
    yield* Effect.yieldNow
    yield* ask(disk, { kind: "prepare", files: due.slice(from, from + filesAtOnce) })
  }
})

/** Reads the files again that are not as we left them. Fails when one of them is gone, or not what it should be. */
const inspectAll = Effect.fnUntraced(function* (disk: Disk, spans: PieceSpans, torrent: Torrent, folder: string) {
  const { files, geometry } = torrent
  const due = [...files.keys()].filter((file) => !files[file]!.padding && files[file]!.length > 0)
  const changed: Array<number> = []
  for (let from = 0; from < due.length; from += filesAtOnce) {
    yield* Effect.yieldNow
    const portion = due.slice(from, from + filesAtOnce)
    const reply = yield* ask(disk, { kind: "inspect", files: portion })
    changed.push(...portion.filter((_, index) => reply[index] !== true))
  }
  if (changed.length === 0) return
  const states = new Uint8Array(geometry.pieces)
  for (const file of changed) states.fill(PieceState.unsure, ...piecesOf(geometry, files[file]!))
  const isWrong = ({ piece, present }: Checked) => states[piece] === PieceState.unsure && !present
  const wrong = yield* Stream.runHead(Stream.filter(checkPieces(disk, spans, geometry, states), isWrong))
  if (Option.isNone(wrong)) return
  const { piece } = wrong.value
  const culprit = changed.find((file) => {
    const [first, end] = piecesOf(geometry, files[file]!)
    return first <= piece && piece < end
  })
  const path = Path.join(folder, ...files[culprit!]!.path)
  return yield* toStorageError({
    operation: "read",
    path,
    code: "ECHANGED",
    message: `piece ${piece} is not there any more`,
  })
})

/**
 * The `PieceStore` port in memory: a disk that a test can fill, slow down and break, and that remembers what was written.
 *
 * Its files live as long as the layer, so a torrent that is opened again finds what was stored before. A lent buffer is full of rubbish, as on a disk that
 * reuses its buffers.
 */
import { createHash } from "node:crypto"
import { Geometry } from "@unchoke/protocol"
import { Context, type Duration, Effect, Layer, Stream } from "effect"
import { PieceStore, type StorageError, type StoredTorrent, type Torrent, type Verdict } from "unchoke"

export interface Options {
  /** What is on the disk already, by path: `folder/name/file`. */
  readonly files?: Readonly<Record<string, Uint8Array>>
  /** How many buffers each open torrent has; 4 unless given. */
  readonly buffers?: number
  /** How long a write takes; no time unless given. */
  readonly delay?: Duration.Input
  /** What the `write`th write of all (from 1) fails with, if it shall fail. */
  readonly fail?: (write: number, piece: number) => StorageError | undefined
}

/** What is on the disk, and what happened to it. */
export class MemoryPieceStore extends Context.Service<
  MemoryPieceStore,
  {
    /** By path; a test may change them. */
    readonly files: Map<string, Uint8Array>
    /** How often each piece was verified and written. */
    readonly stored: ReadonlyMap<number, number>
    /** How many buffers are out. */
    readonly lent: () => number
  }
>()("@unchoke/testkit/MemoryPieceStore") {}

/** A disk of its own for each time the layer is built. */
export const layer = (options: Options = {}): Layer.Layer<PieceStore | MemoryPieceStore> =>
  Layer.effectContext(
    Effect.sync(() => {
      const disk = new MemoryDisk(options)
      return Context.make(PieceStore, {
        open: (torrent, folder) => Effect.sync(() => disk.open(torrent, folder)),
      }).pipe(Context.add(MemoryPieceStore, { files: disk.files, stored: disk.stored, lent: () => disk.lent }))
    }),
  )

class MemoryDisk {
  readonly files = new Map<string, Uint8Array>()
  readonly stored = new Map<number, number>()
  lent = 0
  #writes = 0
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
    for (const [path, bytes] of Object.entries(options.files ?? {})) this.files.set(path, bytes.slice())
  }

  open(torrent: Torrent, folder: string): StoredTorrent {
    const { geometry } = torrent
    const files = torrent.files.map((file) => ({ ...file, name: [folder, ...file.path].join("/") }))
    const out = new Set<Uint8Array>()
    const spans = (piece: number) =>
      Geometry.spans(files, Geometry.pieceStart(geometry, piece), Geometry.pieceSize(geometry, piece))
    const isRight = (piece: number, bytes: Uint8Array) =>
      createHash("sha1")
        .update(bytes)
        .digest()
        .compare(torrent.pieceHashes, piece * 20, piece * 20 + 20) === 0

    const look = (piece: number) => {
      const bytes = new Uint8Array(Geometry.pieceSize(geometry, piece))
      for (const { at, extent, length, within } of spans(piece)) {
        if (extent.padding) continue
        const there = this.files.get(extent.name)?.subarray(within, within + length)
        if (there?.length !== length) return { piece, present: false }
        bytes.set(there, at)
      }
      return { piece, present: isRight(piece, bytes) }
    }
    const prepare = () => {
      for (const { length, name, padding } of files) {
        if (padding || this.files.get(name)?.length === length) continue
        const sized = new Uint8Array(length)
        sized.set((this.files.get(name) ?? sized).subarray(0, length))
        this.files.set(name, sized)
      }
    }
    const store = (piece: number, bytes: Uint8Array): Effect.Effect<Verdict, StorageError> => {
      if (!isRight(piece, bytes)) return Effect.succeed("corrupt")
      const failure = this.#options.fail?.(++this.#writes, piece)
      if (failure !== undefined) return Effect.fail(failure)
      for (const { at, extent, length, within } of spans(piece)) {
        if (!extent.padding) this.files.get(extent.name)!.set(bytes.subarray(at, at + length), within)
      }
      this.stored.set(piece, (this.stored.get(piece) ?? 0) + 1)
      return Effect.succeed("stored")
    }
    const giveBack = (buffer: Uint8Array) => {
      if (out.delete(buffer)) this.lent--
    }
    const check = Stream.map(Stream.range(0, geometry.pieces - 1), look)
    return {
      check,
      // It remembers nothing: what is there is seen at once.
      resume: check,
      prepare: Effect.sync(prepare),
      lend: () => {
        if (out.size >= (this.#options.buffers ?? 4)) return undefined
        const buffer = new Uint8Array(geometry.pieceLength).fill(0xdb)
        out.add(buffer)
        this.lent++
        return buffer
      },
      giveBack,
      write: (piece, buffer) => {
        const writing = Effect.suspend(() => store(piece, buffer.subarray(0, Geometry.pieceSize(geometry, piece))))
        const { delay } = this.#options
        return Effect.ensuring(
          delay === undefined ? writing : Effect.delay(writing, delay),
          Effect.sync(() => giveBack(buffer)),
        )
      },
    }
  }
}

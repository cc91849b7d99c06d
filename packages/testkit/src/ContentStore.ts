/**
 * The `PieceStore` port for who simulates many peers of one torrent: each has its own pieces, and all share the bytes.
 *
 * A filled piece is compared with the content instead of being hashed and copied: a hundred peers need the memory of one.
 */
import { Context, Effect, Layer, Stream } from "effect"
import { Geometry } from "@unchoke/protocol"
import { PieceStore, StorageError } from "@unchoke/engine"
import type { Content } from "./Content.ts"

/** What the peer has, and how much memory. */
export interface Options {
  /** Whether a piece is there from the beginning (default: none). */
  readonly has?: (piece: number) => boolean
  /** Buffers at the most (default: 32). */
  readonly buffers?: number
  /** Whether a piece that was there is not any more, when it is read (default: never). */
  readonly isGone?: (piece: number) => boolean
}

/** What a test can see of a peer's store. */
export class ContentStore extends Context.Service<
  ContentStore,
  {
    /** What is stored. */
    readonly pieces: ReadonlySet<number>
    /** How many buffers are out. */
    readonly lent: () => number
  }
>()("@unchoke/testkit/ContentStore") {}

/** The store of one peer of this torrent. */
export const layer = (
  { data, torrent }: Content,
  { buffers = 32, has = () => false, isGone = () => false }: Options = {},
): Layer.Layer<PieceStore | ContentStore> => {
  const { geometry } = torrent
  return Layer.effectContext(
    Effect.sync(() => {
      const pieces = new Set<number>()
      for (let piece = 0; piece < geometry.pieces; piece++) if (has(piece)) pieces.add(piece)
      const out = new Set<Uint8Array>()
      const look = Stream.map(Stream.range(0, geometry.pieces - 1), (piece) => ({ piece, present: pieces.has(piece) }))
      const isRight = (piece: number, bytes: Uint8Array) => {
        const start = Geometry.pieceStart(geometry, piece)
        const size = Geometry.pieceSize(geometry, piece)
        return Buffer.compare(bytes.subarray(0, size), data.subarray(start, start + size)) === 0
      }
      return Context.make(PieceStore, {
        open: () =>
          Effect.succeed({
            lock: Effect.void,
            check: look,
            resume: look,
            found: Effect.succeed([]),
            claim: Effect.void,
            prepare: Effect.void,
            lend: () => {
              if (out.size >= buffers) return undefined
              const buffer = new Uint8Array(geometry.pieceLength)
              out.add(buffer)
              return buffer
            },
            retire: Effect.void,
            giveBack: (buffer) => void out.delete(buffer),
            write: (piece, buffer) =>
              Effect.sync(() => {
                out.delete(buffer)
                if (!isRight(piece, buffer)) return "corrupt"
                pieces.add(piece)
                return "stored"
              }),
            read: (piece, begin, into) =>
              Effect.suspend(() => {
                let start = Geometry.pieceStart(geometry, piece) + begin
                const end = into.reduce((sum, part) => sum + part.length, start)
                for (let one = piece; Geometry.pieceStart(geometry, one) < end; one++) {
                  if (isGone(one)) {
                    return new StorageError({ operation: "read", path: "/content.bin", reason: "changed" })
                  }
                }
                for (const part of into) {
                  part.set(data.subarray(start, start + part.length))
                  start += part.length
                }
                return Effect.void
              }),
            link: Effect.succeed([]),
          }),
      }).pipe(Context.add(ContentStore, { pieces, lent: () => out.size }))
    }),
  )
}

/**
 * What the disk gives no more, while it is served.
 *
 * A piece is seldom alone: whoever changes or removes a file takes all of its pieces, and a disk that is pulled out takes all files. So where the disk says that something is wrong with the file, another
 * piece of it is tried, a byte of it, and where that is not given either, all of them are lost, and one piece of each other file is tried. Otherwise each peer that comes
 * would be promised all the others, and be let go when it asks for one of them.
 *
 * Invariants: only what was stored is lost; each piece is told once; nobody who is served waits for the look at other files, of which there is one at a time.
 */
import { Geometry, type Metainfo } from "@unchoke/protocol"
import { Effect, Exit, Option, type Scope } from "effect"
import type { DownloadEvent } from "../DownloadEvent.ts"
import type { StoredTorrent } from "../storage/PieceStore.ts"
import type { StorageError } from "../storage/StorageError.ts"
import type { Torrent } from "../Torrent.ts"
import type { Offer } from "./Offer.ts"

export interface LossesOptions {
  readonly torrent: Torrent
  readonly offer: Offer
  readonly read: StoredTorrent["read"]
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
}

/** To be run when the disk does not give a stored piece. */
export type Failed = (piece: number, error: StorageError) => Effect.Effect<void>

export const make = Effect.fnUntraced(function* ({
  offer,
  read,
  report,
  torrent,
}: LossesOptions): Effect.fn.Return<Failed, never, Scope.Scope> {
  const { geometry } = torrent
  const files = torrent.files.filter(({ length, padding }) => length > 0 && !padding)
  const scope = yield* Effect.scope
  let isLooking = false

  /** Whether nothing of it is given any more. Then all of it is lost; `undefined` where there is nothing left of it to try. */
  const look = Effect.fnUntraced(function* (file: Metainfo.TorrentFile) {
    const piece = firstOf(file)
    if (piece === undefined) return undefined
    const begin = Math.max(0, file.offset - Geometry.pieceStart(geometry, piece))
    const error = Option.getOrUndefined(
      Exit.findErrorOption(yield* Effect.exit(read(piece, begin, [new Uint8Array(1)]))),
    )
    if (error === undefined || !isOfFile(error)) return false
    const gone = Array.from(piecesOf(file)).filter((one) => offer.has(one) && offer.lose(one))
    yield* Effect.forEach(gone, (one) => report({ _tag: "PieceLost", piece: one, error }), { discard: true })
    return true
  })

  const piecesOf = function* ({ length, offset }: Metainfo.TorrentFile) {
    const end = offset + length
    for (let piece = Math.floor(offset / geometry.pieceLength); Geometry.pieceStart(geometry, piece) < end; piece++)
      yield piece
  }

  const firstOf = (file: Metainfo.TorrentFile): number | undefined => {
    for (const piece of piecesOf(file)) if (offer.has(piece)) return piece
    return undefined
  }

  const lookAround = Effect.fnUntraced(function* (piece: number) {
    const start = Geometry.pieceStart(geometry, piece)
    const own = Geometry.spans(files, start, Geometry.pieceSize(geometry, piece)).map(({ extent }) => extent)
    const found = yield* Effect.forEach(own, look)
    if (!found.every((isGone) => isGone === false)) yield* Effect.forEach(files, look, { discard: true })
  })

  return (piece, error) => {
    // That passes.
    if (error.reason === "too many open files" || !offer.has(piece)) return Effect.void
    offer.lose(piece)
    const told = report({ _tag: "PieceLost", piece, error })
    if (!isOfFile(error) || isLooking) return told
    isLooking = true
    const looking = Effect.ensuring(
      lookAround(piece),
      Effect.sync(() => void (isLooking = false)),
    )
    return Effect.andThen(told, Effect.forkIn(looking, scope))
  }
})

/** Whether the file is not what it was, rather than a sector of it. */
const isOfFile = ({ reason }: StorageError): boolean => ofFiles.has(reason)

const ofFiles: ReadonlySet<StorageError["reason"]> = new Set([
  "changed",
  "not found",
  "not a file",
  "is a folder",
  "not a folder",
  "outside the folder",
  "permission denied",
])

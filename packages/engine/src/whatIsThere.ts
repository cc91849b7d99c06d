/** What of a torrent is on the disk already. */
import { Bitfield, Geometry } from "@unchoke/protocol"
import { Effect, Stream } from "effect"
import type { DownloadEvent } from "./DownloadEvent.ts"
import type { StoredTorrent } from "./storage/PieceStore.ts"
import type { FileChoice } from "./FileChoice.ts"
import type { Torrent } from "./Torrent.ts"

/** So many pieces are looked at between two events. */
const piecesPerEvent = 64

export const whatIsThere = Effect.fnUntraced(function* (
  torrent: Torrent,
  looked: StoredTorrent["check"],
  report: (event: DownloadEvent) => Effect.Effect<void>,
  choice?: FileChoice,
) {
  const { pieces } = torrent.geometry
  const present = Bitfield.Bitfield.empty(pieces)
  let checked = 0
  let there = 0
  let bytes = 0
  let runs: Array<readonly [number, number]> = []
  yield* Stream.runForEach(looked, (piece) => {
    checked++
    if (piece.present) {
      present.add(piece.piece)
      runs = lengthened(runs, piece.piece)
      if (choice?.wants(piece.piece) !== false) {
        there++
        bytes += Geometry.pieceSize(torrent.geometry, piece.piece)
      }
    }
    if (checked % piecesPerEvent !== 0 && checked !== pieces) return Effect.void
    const found = runs
    runs = []
    return report({ _tag: "Checking", checked, present: there, bytes, pieces, runs: found })
  })
  return present
})

/** With one more piece: it lengthens the last run, or begins another one. */
const lengthened = (runs: Array<readonly [number, number]>, piece: number): Array<readonly [number, number]> => {
  const last = runs.at(-1)
  if (last !== undefined && last[0] + last[1] === piece) runs[runs.length - 1] = [last[0], last[1] + 1]
  else runs.push([piece, 1])
  return runs
}

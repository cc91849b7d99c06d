/**
 * Files of which everything is there: looked at once more, and given their names.
 *
 * One that is not as we left it is read again. Fails when a file is gone, or is not what it should be, and gives it no name then.
 */
import { Effect, Option, Stream } from "effect"
import type { Checked, StorageError, Torrent } from "@unchoke/engine"
import { ask } from "./ask.ts"
import { checkPieces } from "./checkPieces.ts"
import type { Disk } from "./Disk.ts"
import type { FilePlaces } from "./filePlaces.ts"
import { type PieceSpans, piecesOf } from "./PieceSpans.ts"
import { filesAtOnce, takeStep } from "./prepareFiles.ts"
import { PieceState } from "./ResumeRecord.ts"
import { toStorageError } from "./StorageFault.ts"

export interface SettleOptions {
  readonly torrent: Torrent
  readonly disk: Disk
  readonly spans: PieceSpans
  readonly places: FilePlaces
}

export const settle = Effect.fnUntraced(function* (
  { disk, places, spans, torrent }: SettleOptions,
  files: ReadonlyArray<number>,
): Effect.fn.Return<void, StorageError> {
  const { geometry } = torrent
  const changed: Array<number> = []
  for (let from = 0; from < files.length; from += filesAtOnce) {
    yield* Effect.yieldNow
    const portion = files.slice(from, from + filesAtOnce)
    const reply = yield* ask(disk, { kind: "inspect", files: portion })
    changed.push(...portion.filter((_, index) => reply[index] !== true))
  }
  if (changed.length > 0) {
    const states = new Uint8Array(geometry.pieces)
    for (const file of changed) states.fill(PieceState.unsure, ...piecesOf(geometry, torrent.files[file]!))
    const isWrong = ({ piece, present }: Checked) => states[piece] === PieceState.unsure && !present
    const wrong = yield* Stream.runHead(Stream.filter(checkPieces(disk, spans, geometry, states), isWrong))
    if (Option.isSome(wrong)) return yield* changedUnderUs(wrong.value.piece)
  }
  yield* takeStep(
    disk,
    "finish",
    files.filter((file) => places.is(file, "part")),
  )

  function changedUnderUs(piece: number) {
    const culprit = changed.find((file) => {
      const [first, end] = piecesOf(geometry, torrent.files[file]!)
      return first <= piece && piece < end
    })
    const message = `piece ${piece} is not there any more`
    return toStorageError({ operation: "read", path: places.absolute(culprit!), code: "ECHANGED", message })
  }
})

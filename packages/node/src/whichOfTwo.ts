/**
 * Of a file that is there under both of its names, which one is meant: the one with its own name where that has its length and a right piece, or else the
 * unfinished one. Creates nothing.
 */
import { Effect } from "effect"
import type * as Fs from "node:fs"
import type { Torrent } from "@unchoke/engine"
import { answerOf } from "./ask.ts"
import type { Disk } from "./Disk.ts"
import type { FilePlaces } from "./filePlaces.ts"
import type { FileSurvey } from "./FileSurvey.ts"
import type { PieceSpans } from "./PieceSpans.ts"

export const whichOfTwo = Effect.fnUntraced(function* (
  fs: typeof Fs,
  torrent: Torrent,
  disk: Disk,
  spans: PieceSpans,
  places: FilePlaces,
  survey: FileSurvey,
) {
  for (const file of survey.twice) {
    survey.turnTo(fs, places, file, false)
    const seen = survey.at(file)
    const fits = seen?.kind === "file" && seen.size === torrent.files[file]!.length
    // One that has both was about to lose the unfinished one.
    if (survey.linked.has(file)) continue
    if (!fits || !(yield* hasRightPiece(torrent, disk, spans, file))) survey.turnTo(fs, places, file, true)
  }
})

/** Of those that no other file has a part in. */
const hasRightPiece = Effect.fnUntraced(function* (
  { files, geometry }: Torrent,
  disk: Disk,
  spans: PieceSpans,
  file: number,
) {
  const { length, offset } = files[file]!
  const end = offset + length
  const first = Math.ceil(offset / geometry.pieceLength)
  const behind = end === geometry.length ? geometry.pieces : Math.floor(end / geometry.pieceLength)
  for (let piece = first; piece < behind; piece++) {
    yield* Effect.yieldNow
    const [answer] = yield* answerOf(disk, { kind: "check", jobs: spans.toCheck([piece]) })
    if (answer === true) return true
  }
  return false
})

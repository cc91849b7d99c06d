/**
 * Which files are not there, so that what there is of them may lie in the border's file: from here on `places` knows. Creates nothing.
 *
 * A file that is there is looked at in its place, but for one that was aside when we left and has nothing right in its place now: that is somebody else's.
 */
import { Effect } from "effect"
import type { StorageError } from "@unchoke/engine"
import { answerOf } from "./ask.ts"
import type { Disk, Layout } from "./Disk.ts"
import type { FilePlaces } from "./filePlaces.ts"
import type { FileSurvey } from "./FileSurvey.ts"
import type { PieceSpans } from "./PieceSpans.ts"
import type { Claims } from "./ResumeFile.ts"

export interface FindOptions {
  readonly layout: Layout
  readonly places: FilePlaces
  readonly disk: Disk
  readonly spans: PieceSpans
  readonly survey: FileSurvey
  /** What the record says, if there is any. */
  readonly recalled: () => Claims | undefined
}

export const findAsides = Effect.fnUntraced(function* ({
  disk,
  layout,
  places,
  recalled,
  spans,
  survey,
}: FindOptions): Effect.fn.Return<void, StorageError> {
  if (survey.at(layout.border) === undefined) return
  const remembered = recalled()
  const doubtful: Array<number> = []
  for (let file = 0; file < layout.border; file++) {
    if (layout.lengths[file]! <= 0) continue
    const isThere = survey.at(file) !== undefined
    const wasAside = remembered?.wasAside(file) === true
    places.mark(file, "aside", !isThere || wasAside)
    if (isThere && wasAside) doubtful.push(file)
  }
  for (const file of doubtful) {
    yield* Effect.yieldNow
    places.mark(file, "aside", false)
    const pieces = spans.borderParts(file).map(({ piece }) => piece)
    const answers = yield* answerOf(disk, { kind: "check", jobs: spans.toCheck(pieces) })
    places.mark(file, "aside", !answers.includes(true))
  }
})

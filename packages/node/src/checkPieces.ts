/** Which pieces are there: what is known is said at once, what is unsure is read and hashed. */
import type { Geometry } from "@unchoke/protocol"
import { Effect, Stream } from "effect"
import type { Checked, StorageError } from "unchoke"
import { ask } from "./ask.ts"
import type { Disk } from "./Disk.ts"
import type { PieceSpans } from "./PieceSpans.ts"
import { PieceState } from "./ResumeRecord.ts"

/** Bytes that are hashed between two looks at anything else, and so many pieces at most are told. */
const checkBytes = 4 << 20
const checkCount = 1024

/** The pieces by their `PieceState`s, in order. */
export const checkPieces = (
  disk: Disk,
  spans: PieceSpans,
  { pieceLength }: Geometry.Geometry,
  states: Uint8Array,
): Stream.Stream<Checked, StorageError> => {
  const check = Effect.fnUntraced(function* (pieces: ReadonlyArray<number>) {
    yield* Effect.yieldNow
    const unsure = pieces.filter((piece) => states[piece] === PieceState.unsure)
    const reply = unsure.length === 0 ? [] : yield* ask(disk, { kind: "check", jobs: spans.toCheck(unsure) })
    const right = new Set(unsure.filter((_, index) => reply[index] === true))
    return pieces.map((piece) => ({ piece, present: states[piece] === PieceState.present || right.has(piece) }))
  })
  const hashed = Math.max(1, Math.floor(checkBytes / pieceLength))
  return Stream.fromIterable(portions(states, hashed)).pipe(
    Stream.mapEffect(check, { concurrency: 2 }),
    Stream.flattenIterable,
  )
}

/** All pieces in order, in portions that have at most so many to be hashed. */
function* portions(states: Uint8Array, hashed: number): Generator<ReadonlyArray<number>> {
  let portion: Array<number> = []
  let due = 0
  for (let piece = 0; piece < states.length; piece++) {
    portion.push(piece)
    if (states[piece] === PieceState.unsure) due++
    if (due < hashed && portion.length < checkCount) continue
    yield portion
    portion = []
    due = 0
  }
  if (portion.length > 0) yield portion
}

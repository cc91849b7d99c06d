/** Which pieces are there: what is known is said at once, what is unsure is read and hashed. */
import type { Geometry } from "@unchoke/protocol"
import { Effect, Stream } from "effect"
import type { Checked, StorageError } from "@unchoke/engine"
import { answerOf } from "./ask.ts"
import type { Disk, Fault } from "./Disk.ts"
import type { PieceSpans } from "./PieceSpans.ts"
import { PieceState } from "./ResumeRecord.ts"
import { toStorageError } from "./StorageFault.ts"

/** Bytes that are hashed between two looks at anything else, and so many pieces at most are told. */
const checkBytes = 4 << 20
const checkCount = 1024

/** The pieces by their `PieceState`s, in order. Of what the disk cannot read only the piece is not there. */
export const checkPieces = (
  disk: Disk,
  spans: PieceSpans,
  { pieceLength }: Geometry.Geometry,
  states: Uint8Array,
): Stream.Stream<Checked, StorageError> => {
  const check = Effect.fnUntraced(function* (pieces: ReadonlyArray<number>) {
    yield* Effect.yieldNow
    const unsure = pieces.filter((piece) => states[piece] === PieceState.unsure)
    const reply = unsure.length === 0 ? [] : yield* answerOf(disk, { kind: "check", jobs: spans.toCheck(unsure) })
    const fault = reply.find((answer) => typeof answer === "object" && !isUnreadable(answer))
    if (typeof fault === "object") return yield* toStorageError(fault)
    const answers = new Map(unsure.map((piece, index) => [piece, reply[index]!]))
    return pieces.map((piece): Checked => {
      const answer = answers.get(piece) ?? states[piece] === PieceState.present
      return typeof answer === "object"
        ? { piece, present: false, unreadable: answer.path }
        : { piece, present: answer }
    })
  })
  const hashed = Math.max(1, Math.floor(checkBytes / pieceLength))
  return Stream.fromIterable(portions(states, hashed)).pipe(
    Stream.mapEffect(check, { concurrency: 2 }),
    Stream.flattenIterable,
  )
}

/** The file is there, and these bytes of it are not to be had: a bad sector, a bad checksum, or nothing of it for us. The rest is judged all the same. */
export const isUnreadable = ({ code, operation }: Fault): boolean =>
  (operation === "read" && damage.has(code)) || (operation === "open" && denial.has(code))

const damage: ReadonlySet<string> = new Set(["EIO", "EBADMSG", "EUCLEAN", "EREMOTEIO", "ENODATA", "EILSEQ"])
const denial: ReadonlySet<string> = new Set(["EACCES", "EPERM"])

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

/** Whether what a recording tells can have happened. Its fields have their types by then. */
import { Duration } from "effect"
import type { Seen, SurveyEvent } from "@unchoke/engine"

/** No time and no number of anything is negative, or higher than can be counted. */
export const isSensible = (event: SurveyEvent): boolean => {
  switch (event._tag) {
    case "Parked":
    case "Passed":
    case "Partial":
      return isSeen(event.seen)
    case "Rejected":
      return isSeen(event.error.seen) && (!("waited" in event.error) || isSpan(event.error.waited))
    case "WebSeedPassed":
      return isSpan(event.took)
    case "Copies":
      return (
        [event.copies, event.lacking, ...event.pieces, ...event.stretches].every(isAmount) &&
        event.stretches.length <= mostStretches
      )
    default:
      return true
  }
}

/** Of how many pieces it speaks, at least. */
export const piecesIn = (event: SurveyEvent): number => {
  switch (event._tag) {
    case "Parked":
    case "Passed":
    case "Partial":
      return event.seen.have ?? 0
    case "Rejected":
      return Math.max(event.error.seen.have ?? 0, "want" in event.error ? event.error.want : 0)
    case "Copies":
      return Math.max(event.lacking, event.stretches.length, ...event.pieces.map((piece) => piece + 1))
    default:
      return 0
  }
}

/** As many as a survey tells apart. */
const mostStretches = 128

const isSeen = ({ connect, elapsed, handshake, have, unchoke }: Seen): boolean =>
  [connect, elapsed, handshake, unchoke].every((took) => took === undefined || isSpan(took)) && isAmount(have ?? 0)

const isSpan = (span: Duration.Duration): boolean => isAmount(Duration.toMillis(span))

const isAmount = (amount: number): boolean => amount >= 0 && amount <= Number.MAX_SAFE_INTEGER

/** Why a tracker gave us no peers. */
import { Duration, Schema } from "effect"

export const TrackerProblem = Schema.TaggedUnion({
  /** The tracker answered that it will not have us, in its own words. */
  Refused: { reason: Schema.String },
  /** No answer, or none that was complete. */
  TimedOut: { waited: Schema.DurationFromMillis },
  /** No connection, or it broke. */
  Unreachable: { cause: Schema.optional(Schema.Defect()) },
  /** Its name has no address. */
  UnknownHost: { host: Schema.String },
  HttpStatus: { status: Schema.Int },
  /** It answered something that is no answer. */
  BadAnswer: { why: Schema.String },
  /** More bytes than any honest answer has. */
  AnswerTooLong: { limit: Schema.Int },
  TooManyRedirects: { limit: Schema.Int },
  /** An URL that we cannot call. */
  BadUrl: { why: Schema.String },
  /** Calling it could harm something in the user's own network. */
  Forbidden: { why: Schema.String },
})
export type TrackerProblem = typeof TrackerProblem.Type

/** An announce that failed. */
export class TrackerFailed extends Schema.TaggedError<TrackerFailed>()("TrackerFailed", {
  /** The announce URL as the torrent gives it. */
  url: Schema.String,
  reason: TrackerProblem,
}) {
  override get message(): string {
    return `${this.url}: ${inWords(this.reason)}`
  }

  /** Whether asking again is no use. */
  get final(): boolean {
    return this.reason._tag === "BadUrl" || this.reason._tag === "Forbidden"
  }
}

/** What happened, without naming the tracker: "no answer within 15s". */
export const inWords = (problem: TrackerProblem): string => {
  switch (problem._tag) {
    case "Refused":
      return `refused us: ${problem.reason}`
    case "TimedOut":
      return `no answer within ${Duration.format(problem.waited)}`
    case "Unreachable":
      return "cannot be reached"
    case "UnknownHost":
      return `the name ${problem.host} has no address`
    case "HttpStatus":
      return `answered with HTTP status ${problem.status}`
    case "BadAnswer":
      return `answered nonsense: ${problem.why}`
    case "AnswerTooLong":
      return `answered with more than ${problem.limit} bytes`
    case "TooManyRedirects":
      return `redirects more than ${problem.limit} times`
    case "BadUrl":
      return `cannot be called: ${problem.why}`
    case "Forbidden":
      return `was not called: ${problem.why}`
  }
}

/** Why a tracker gave us no peers. */
import { AnnounceUrl } from "@unchoke/protocol"
import { Duration, Schema } from "effect"
import type { Cases } from "../../told.ts"
import { quietCause } from "../quietCause.ts"

/** The reasons why a tracker gives no peers, each by its `_tag`, with what was seen. */
export declare namespace TrackerProblem {
  /** The tracker answered that it will not have us, in its own words. */
  export interface Refused {
    readonly _tag: "Refused"
    /** Its words. */
    readonly reason: string
  }

  /** No answer, or none that was complete. */
  export interface TimedOut {
    readonly _tag: "TimedOut"
    /** How long we waited. */
    readonly waited: Duration.Duration
  }

  /** No connection, or it broke. */
  export interface Unreachable {
    readonly _tag: "Unreachable"
    /** What happened. */
    readonly reason:
      | "refused"
      | "timed out"
      | "no route"
      | "no sockets left"
      | "reset"
      | "closed"
      | "cut off"
      | "no TLS"
      | "other"
    /** What the system said. */
    readonly cause?: unknown
  }

  /** It does not prove that it is who it says. */
  export interface CertificateRefused {
    readonly _tag: "CertificateRefused"
    /** What happened. */
    readonly reason:
      | "expired"
      | "not yet valid"
      | "revoked"
      | "self-signed"
      | "unknown issuer"
      | "another host"
      | "not valid"
    /** What the system said. */
    readonly cause?: unknown
  }

  /** Its name has no address. */
  export interface UnknownHost {
    readonly _tag: "UnknownHost"
    /** The name. */
    readonly host: string
  }

  /** Whether its name has an address could not be found out. */
  export interface LookupFailed {
    readonly _tag: "LookupFailed"
    /** The name. */
    readonly host: string
    /** What effect's `Dns` calls it. */
    readonly reason: string
  }

  /** It answered with an error, and no reason. */
  export interface HttpStatus {
    readonly _tag: "HttpStatus"
    /** Such as 404. */
    readonly status: number
  }

  /** It answered something that is no answer. */
  export interface BadAnswer {
    readonly _tag: "BadAnswer"
    /** In words. */
    readonly why: string
  }

  /** More bytes than any honest answer has. */
  export interface AnswerTooLong {
    readonly _tag: "AnswerTooLong"
    /** So many bytes are read. */
    readonly limit: number
  }

  /** It sends us on and on. */
  export interface TooManyRedirects {
    readonly _tag: "TooManyRedirects"
    /** So often we went. */
    readonly limit: number
  }

  /** An URL that we cannot call. */
  export interface BadUrl {
    readonly _tag: "BadUrl"
    /** In words. */
    readonly why: string
  }

  /** Calling it could harm something in the user's own network. */
  export interface Forbidden {
    readonly _tag: "Forbidden"
    /** In words. */
    readonly why: string
  }
}

/** One of the reasons why a tracker gave no peers. */
export type TrackerProblem =
  | TrackerProblem.Refused
  | TrackerProblem.TimedOut
  | TrackerProblem.Unreachable
  | TrackerProblem.CertificateRefused
  | TrackerProblem.UnknownHost
  | TrackerProblem.LookupFailed
  | TrackerProblem.HttpStatus
  | TrackerProblem.BadAnswer
  | TrackerProblem.AnswerTooLong
  | TrackerProblem.TooManyRedirects
  | TrackerProblem.BadUrl
  | TrackerProblem.Forbidden

/** How they are encoded. */
export const trackerProblems = {
  Refused: { reason: Schema.String },
  TimedOut: { waited: Schema.DurationFromMillis },
  Unreachable: {
    reason: Schema.Literals([
      "refused",
      "timed out",
      "no route",
      "no sockets left",
      "reset",
      "closed",
      "cut off",
      "no TLS",
      "other",
    ]),
    cause: Schema.optional(Schema.Defect()),
  },
  CertificateRefused: {
    reason: Schema.Literals([
      "expired",
      "not yet valid",
      "revoked",
      "self-signed",
      "unknown issuer",
      "another host",
      "not valid",
    ]),
    cause: Schema.optional(Schema.Defect()),
  },
  UnknownHost: { host: Schema.String },
  LookupFailed: { host: Schema.String, reason: Schema.String },
  HttpStatus: { status: Schema.Int },
  BadAnswer: { why: Schema.String },
  AnswerTooLong: { limit: Schema.Int },
  TooManyRedirects: { limit: Schema.Int },
  BadUrl: { why: Schema.String },
  Forbidden: { why: Schema.String },
}

/** The reasons, by `_tag`, each with what was seen. */
export const TrackerProblem: Schema.TaggedUnion<Cases<typeof trackerProblems, TrackerProblem>> =
  Schema.TaggedUnion(trackerProblems)

/** An announce that failed. */
export class TrackerFailed extends Schema.TaggedError<TrackerFailed>()("TrackerFailed", {
  url: Schema.String,
  reason: TrackerProblem,
}) {
  /** The announce URL as it may be shown: without a pass key. */
  declare readonly url: string
  /** What went wrong. */
  declare readonly reason: TrackerProblem

  override get message(): string {
    return `${this.url}: ${inWords(this.reason)}`
  }

  /** Whether asking again is no use. */
  get final(): boolean {
    return this.reason._tag === "BadUrl" || this.reason._tag === "Forbidden"
  }
}

/** What happened at an announce URL, without the pass key that may be in it: trackers repeat the one that they refuse. */
export const failedAt = (url: string, problem: TrackerProblem): TrackerFailed => {
  const without = (text: string) => AnnounceUrl.without(url, text)
  const reason =
    problem._tag === "Refused"
      ? { ...problem, reason: without(problem.reason) }
      : "cause" in problem
        ? { ...problem, cause: quietCause(problem.cause, without) }
        : problem
  return new TrackerFailed({ url: AnnounceUrl.shown(url), reason })
}

/** What happened, without naming the tracker: "no answer within 15s". */
export const inWords = (problem: TrackerProblem): string => {
  switch (problem._tag) {
    case "Refused":
      return `refused us: ${problem.reason}`
    case "TimedOut":
      return `no answer within ${Duration.format(problem.waited)}`
    case "Unreachable":
      return problem.reason === "other" ? notReached(problem.cause) : unreachableInWords[problem.reason]
    case "CertificateRefused":
      return `its certificate is not trusted: ${certificateInWords[problem.reason]}`
    case "UnknownHost":
      return `the name ${problem.host} is not known`
    case "LookupFailed":
      return `the name ${problem.host} could not be looked up: ${lookupInWords[problem.reason] ?? "the resolver failed"}`
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

type ReasonOf<Tag> = Extract<TrackerProblem, { _tag: Tag; reason: string }>["reason"]

const unreachableInWords: Readonly<Record<Exclude<ReasonOf<"Unreachable">, "other">, string>> = {
  refused: "nobody listens there: the connection was refused",
  "timed out": "the connection timed out",
  "no route": "there is no way to it from here",
  "no sockets left": "this machine has no sockets left",
  reset: "it reset the connection",
  closed: "it closed the connection before its answer was complete",
  "cut off": "its answer broke off in the middle",
  "no TLS": "it does not speak TLS as we do",
}

const notReached = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string"
    ? `cannot be reached: the system said ${cause.code}`
    : "cannot be reached"

const certificateInWords: Readonly<Record<ReasonOf<"CertificateRefused">, string>> = {
  expired: "it has expired",
  "not yet valid": "it is not valid yet; is our clock right?",
  revoked: "it was revoked",
  "self-signed": "nobody but itself has signed it",
  "unknown issuer": "nobody known on this machine has signed it",
  "another host": "it is another host's",
  "not valid": "it is not a valid one",
}

/** By what effect's `Dns` calls it. */
const lookupInWords: Readonly<Record<string, string>> = {
  Timeout: "no name server answers",
  Temporary: "no name server answers",
  ServerFailure: "its name server fails",
  Refused: "its name server refuses",
}

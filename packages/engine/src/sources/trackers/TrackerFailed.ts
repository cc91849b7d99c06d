/** Why a tracker gave us no peers. */
import { AnnounceUrl } from "@unchoke/protocol"
import { Duration, Schema } from "effect"
import type { Cases } from "../../documented.ts"
import { quietCause } from "../quietCause.ts"

/** The problems with a tracker. */
export const trackerProblems = {
  /** The tracker answered that it will not have us, in its own words. */
  Refused: {
    /** Its words. */
    reason: Schema.String,
  },
  /** No answer, or none that was complete. */
  TimedOut: {
    /** How long we waited. */
    waited: Schema.DurationFromMillis,
  },
  /** No connection, or it broke. */
  Unreachable: {
    /** What happened. */
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
    /** What the system said. */
    cause: Schema.optional(Schema.Defect()),
  },
  /** It does not prove that it is who it says. */
  CertificateRefused: {
    /** What happened. */
    reason: Schema.Literals([
      "expired",
      "not yet valid",
      "revoked",
      "self-signed",
      "unknown issuer",
      "another host",
      "not valid",
    ]),
    /** What the system said. */
    cause: Schema.optional(Schema.Defect()),
  },
  /** Its name has no address. */
  UnknownHost: {
    /** The name. */
    host: Schema.String,
  },
  /** Whether its name has an address could not be found out. */
  LookupFailed: {
    /** The name. */
    host: Schema.String,
    /** What effect's `Dns` calls it. */
    reason: Schema.String,
  },
  /** It answered with an error, and no reason. */
  HttpStatus: {
    /** Such as 404. */
    status: Schema.Int,
  },
  /** It answered something that is no answer. */
  BadAnswer: {
    /** In words. */
    why: Schema.String,
  },
  /** More bytes than any honest answer has. */
  AnswerTooLong: {
    /** So many bytes are read. */
    limit: Schema.Int,
  },
  /** It sends us on and on. */
  TooManyRedirects: {
    /** So often we went. */
    limit: Schema.Int,
  },
  /** An URL that we cannot call. */
  BadUrl: {
    /** In words. */
    why: Schema.String,
  },
  /** Calling it could harm something in the user's own network. */
  Forbidden: {
    /** In words. */
    why: Schema.String,
  },
}

/** The reasons, by `_tag`, each with what was seen. */
export const TrackerProblem: Schema.TaggedUnion<Cases<typeof trackerProblems>> = Schema.TaggedUnion(trackerProblems)
/** One of the reasons why a tracker gave no peers. */
export type TrackerProblem = typeof TrackerProblem.Type

/** An announce that failed. */
export class TrackerFailed extends Schema.TaggedError<TrackerFailed>()("TrackerFailed", {
  /** The announce URL as it may be shown: without a pass key. */
  url: Schema.String,
  /** What went wrong. */
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

/** Why a web server did not give us bytes that it was asked for. */
import { WebSeedUrl } from "@unchoke/protocol"
import { Duration, Schema } from "effect"
import type { Cases } from "../../told.ts"
import { quietCause } from "../quietCause.ts"
import { inWords as trackerInWords, type TrackerProblem, trackerProblems } from "../trackers/TrackerFailed.ts"

type Shared = Pick<
  typeof trackerProblems,
  | "BadUrl"
  | "CertificateRefused"
  | "Forbidden"
  | "LookupFailed"
  | "TimedOut"
  | "TooManyRedirects"
  | "UnknownHost"
  | "Unreachable"
>

const { BadUrl, CertificateRefused, Forbidden, LookupFailed, TimedOut, TooManyRedirects, UnknownHost, Unreachable } =
  trackerProblems

const shared: Shared = {
  BadUrl,
  CertificateRefused,
  Forbidden,
  LookupFailed,
  TimedOut,
  TooManyRedirects,
  UnknownHost,
  Unreachable,
}

/** The reasons why a web server does not give what it was asked for, beside those that trackers have as well, each by its `_tag`. */
export declare namespace WebProblem {
  /** It answered with something else than the bytes. */
  export interface HttpStatus {
    readonly _tag: "HttpStatus"
    /** Such as 404. */
    readonly status: number
    /** Its words for that; may be empty. */
    readonly reason: string
    /** When it wants to be asked again, as it says. */
    readonly retryAfter?: Duration.Duration | undefined
  }

  /** It does not speak HTTP as we do. */
  export interface BadAnswer {
    readonly _tag: "BadAnswer"
    /** In words. */
    readonly why: string
  }

  /** It sends files only from their beginning, and what is wanted is too far from there. */
  export interface IgnoresRange {
    readonly _tag: "IgnoresRange"
    /** So many bytes come first. */
    readonly skipped: number
  }

  /** It sent other bytes than those that were asked for. */
  export interface WrongRange {
    readonly _tag: "WrongRange"
    /** Which were asked for. */
    readonly wanted: string
    /** Which it sent. */
    readonly got: string
  }

  /** Its file is not of the torrent's length. */
  export interface WrongLength {
    readonly _tag: "WrongLength"
    /** In bytes. */
    readonly wanted: number
    /** In bytes. */
    readonly got: number
  }

  /** Its answer ended too early. */
  export interface CutShort {
    readonly _tag: "CutShort"
    /** How many bytes were to come. */
    readonly wanted: number
    /** How many came. */
    readonly got: number
  }

  /** It began to answer, and then sent nothing, or next to nothing. */
  export interface Stalled {
    readonly _tag: "Stalled"
    /** For so long. */
    readonly waited: Duration.Duration
  }

  /** What it sent is not the torrent's. */
  export interface CorruptPiece {
    readonly _tag: "CorruptPiece"
    /** One that it spoiled, from 0. */
    readonly piece: number
  }
}

/** One of the reasons why a web server did not give what it was asked for. */
export type WebProblem =
  | Extract<TrackerProblem, { readonly _tag: keyof Shared }>
  | WebProblem.HttpStatus
  | WebProblem.BadAnswer
  | WebProblem.IgnoresRange
  | WebProblem.WrongRange
  | WebProblem.WrongLength
  | WebProblem.CutShort
  | WebProblem.Stalled
  | WebProblem.CorruptPiece

const cases = {
  HttpStatus: { status: Schema.Int, reason: Schema.String, retryAfter: Schema.optional(Schema.DurationFromMillis) },
  BadAnswer: { why: Schema.String },
  IgnoresRange: { skipped: Schema.Int },
  WrongRange: { wanted: Schema.String, got: Schema.String },
  WrongLength: { wanted: Schema.Int, got: Schema.Int },
  CutShort: { wanted: Schema.Int, got: Schema.Int },
  Stalled: { waited: Schema.DurationFromMillis },
  CorruptPiece: { piece: Schema.Int },
}

/** The reasons, by `_tag`, each with what was seen. */
export const WebProblem: Schema.TaggedUnion<Cases<Shared & typeof cases, WebProblem>> = Schema.TaggedUnion({
  ...shared,
  ...cases,
})

/** A web seed that is not asked any more, or not for some time. */
export class WebSeedFailed extends Schema.TaggedError<WebSeedFailed>()("WebSeedFailed", {
  url: Schema.String,
  reason: WebProblem,
}) {
  /** Where it is, as it may be shown: see `WebSeedUrl.shown`. */
  declare readonly url: string
  /** What went wrong. */
  declare readonly reason: WebProblem

  override get message(): string {
    return `${this.url}: ${inWords(this.reason)}`
  }
}

/** What happened at a web seed, without what is not shown of its URL: servers repeat the key that they refuse. */
export const failedAt = (url: string, problem: WebProblem, name: string = WebSeedUrl.shown(url)): WebSeedFailed =>
  new WebSeedFailed({ url: name, reason: withoutSecrets(url, problem) })

const withoutSecrets = (url: string, problem: WebProblem): WebProblem => {
  const without = (text: string) => WebSeedUrl.without(url, text)
  switch (problem._tag) {
    case "HttpStatus":
      return { ...problem, reason: without(problem.reason) }
    case "WrongRange":
      return { ...problem, got: without(problem.got) }
    case "BadAnswer":
    case "BadUrl":
      return { ...problem, why: without(problem.why) }
    case "Unreachable":
    case "CertificateRefused":
      return { ...problem, cause: quietCause(problem.cause, without) }
    default:
      return problem
  }
}

/** What happened, without naming the server: "answered with 404 Not Found". */
export const inWords = (problem: WebProblem): string => {
  switch (problem._tag) {
    case "HttpStatus": {
      const words = problem.reason === "" ? usualWords[problem.status] : problem.reason
      const status = words === undefined ? `HTTP status ${problem.status}` : `${problem.status} ${words}`
      return `answered with ${status}${problem.retryAfter === undefined ? "" : againInWords(problem.retryAfter)}`
    }
    case "BadAnswer":
      return `answered nonsense: ${problem.why}`
    case "IgnoresRange":
      return `sends files only from their beginning, and ${problem.skipped} bytes that nobody wants come first`
    case "WrongRange":
      return `sent ${problem.got} where ${problem.wanted} were asked for`
    case "WrongLength":
      return `has a file of ${problem.got} bytes where the torrent's has ${problem.wanted}`
    case "CutShort":
      return `its answer broke off after ${problem.got} of ${problem.wanted} bytes`
    case "Stalled":
      return `sent next to nothing for ${Duration.format(problem.waited)}`
    case "CorruptPiece":
      return `sent a corrupt piece (${problem.piece})`
    default:
      return trackerInWords(problem)
  }
}

/** In whole seconds, as it says itself. */
const againInWords = (after: Duration.Duration): string => {
  const seconds = Math.ceil(Duration.toSeconds(after))
  return seconds === 0
    ? ", and may be asked again at once"
    : `, and wants to be asked again in ${Duration.format(Duration.seconds(seconds))}`
}

/** For servers that leave them out (RFC 9110); HTTP/2 has none at all. */
const usualWords: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  410: "Gone",
  416: "Range Not Satisfiable",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
}

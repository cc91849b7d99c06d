/** Why a web server did not give us bytes that it was asked for. */
import { WebSeedUrl } from "@unchoke/protocol"
import { Duration, Schema } from "effect"
import type { Cases } from "../../documented.ts"
import { quietCause } from "../quietCause.ts"
import { inWords as trackerInWords, trackerProblems } from "../trackers/TrackerFailed.ts"

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

const cases = {
  /** It answered with something else than the bytes. */
  HttpStatus: {
    /** Such as 404. */
    status: Schema.Int,
    /** Its words for that; may be empty. */
    reason: Schema.String,
    /** When it wants to be asked again, as it says. */
    retryAfter: Schema.optional(Schema.DurationFromMillis),
  },
  /** It does not speak HTTP as we do. */
  BadAnswer: {
    /** In words. */
    why: Schema.String,
  },
  /** It sends files only from their beginning, and what is wanted is too far from there. */
  IgnoresRange: {
    /** So many bytes come first. */
    skipped: Schema.Int,
  },
  /** It sent other bytes than those that were asked for. */
  WrongRange: {
    /** Which were asked for. */
    wanted: Schema.String,
    /** Which it sent. */
    got: Schema.String,
  },
  /** Its file is not of the torrent's length. */
  WrongLength: {
    /** In bytes. */
    wanted: Schema.Int,
    /** In bytes. */
    got: Schema.Int,
  },
  /** Its answer ended too early. */
  CutShort: {
    /** How many bytes were to come. */
    wanted: Schema.Int,
    /** How many came. */
    got: Schema.Int,
  },
  /** It began to answer, and then sent nothing, or next to nothing. */
  Stalled: {
    /** For so long. */
    waited: Schema.DurationFromMillis,
  },
  /** What it sent is not the torrent's. */
  CorruptPiece: {
    /** One that it spoiled, from 0. */
    piece: Schema.Int,
  },
}

/** The reasons, by `_tag`, each with what was seen. */
export const WebProblem: Schema.TaggedUnion<Cases<Shared & typeof cases>> = Schema.TaggedUnion({ ...shared, ...cases })
/** One of the reasons why a web server did not give what it was asked for. */
export type WebProblem = typeof WebProblem.Type

/** A web seed that is not asked any more, or not for some time. */
export class WebSeedFailed extends Schema.TaggedError<WebSeedFailed>()("WebSeedFailed", {
  /** Where it is, as it may be shown: see `WebSeedUrl.shown`. */
  url: Schema.String,
  /** What went wrong. */
  reason: WebProblem,
}) {
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

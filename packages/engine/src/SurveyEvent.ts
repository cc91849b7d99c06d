/** What happens while every peer of a swarm is probed. */
import { type Duration, Schema } from "effect"
import type { DownloadEvent } from "./DownloadEvent.ts"
import { surveyCases } from "./eventCases.ts"
import type { AboutPeer, ProbeError, SeenPeer } from "./peer/errors.ts"
import type { ProbeEvent } from "./probe/ProbeEvent.ts"
import type { WebSeedFailed } from "./sources/web/WebProblem.ts"
import type { Cases } from "./told.ts"

/** What a survey alone tells, or says of a peer in its own sense, each event by its `_tag`. */
export declare namespace SurveyEvent {
  /** The peer has something and knows that we are interested: only its `unchoke` is missing. */
  export interface Parked extends SeenPeer {
    readonly _tag: "Parked"
  }

  /** The peer would not give us the file. */
  export interface Rejected extends AboutPeer {
    readonly _tag: "Rejected"
    /** At which step it ended, and how. */
    readonly error: ProbeError
  }

  /** The peer has everything and unchoked us: it would give us the file. */
  export interface Passed extends SeenPeer {
    readonly _tag: "Passed"
  }

  /** The peer has a part (`seen.have` pieces) and unchoked us: it would give us that. */
  export interface Partial extends SeenPeer {
    readonly _tag: "Partial"
  }

  /** A web seed gave a few bytes that it was asked for: it would give us the file. */
  export interface WebSeedPassed {
    readonly _tag: "WebSeedPassed"
    /** Where it is, as it may be shown: see `WebSeedUrl.shown`. */
    readonly url: string
    /** Whether it sends the parts that it is asked for; else it sends files only from their beginning. */
    readonly ranges: boolean
    /** How long it took. */
    readonly took: Duration.Duration
  }

  /** A web seed would not give us the file. */
  export interface WebSeedRejected {
    readonly _tag: "WebSeedRejected"
    /** Why, and which web seed it is. */
    readonly error: WebSeedFailed
  }

  /** How many copies the peers that were reached have between them, as in `DownloadEvent`. Whenever it has changed. */
  export interface Copies {
    readonly _tag: "Copies"
    /** The rarest piece counts, and how many more have the others is the fraction. */
    readonly copies: number
    /** How many pieces nobody has of whom we know. */
    readonly lacking: number
    /** The first of those. */
    readonly pieces: ReadonlyArray<number>
    /** How many peers have the rarest piece of each stretch of the torrent, of at most 128 that are equally long (the last one may be shorter). */
    readonly stretches: ReadonlyArray<number>
  }
}

/** One thing that has happened in a survey: `switch` on its `_tag`. */
export type SurveyEvent =
  | DownloadEvent.Describing
  | DownloadEvent.Described
  | DownloadEvent.SourceAnswered
  | DownloadEvent.Named
  | ProbeEvent.Dialling
  | ProbeEvent.Connected
  | SurveyEvent.Parked
  | SurveyEvent.Rejected
  | SurveyEvent.Passed
  | SurveyEvent.Partial
  | SurveyEvent.WebSeedPassed
  | SurveyEvent.WebSeedRejected
  | SurveyEvent.Copies

/** What a survey tells while it runs, by `_tag`; a schema, so that events can be written down as JSON and read again. */
export const SurveyEvent: Schema.TaggedUnion<Cases<typeof surveyCases, SurveyEvent>> = Schema.TaggedUnion(surveyCases)

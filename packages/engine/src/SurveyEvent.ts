/** What happens while every peer of a swarm is probed. */
import { Schema } from "effect"
import type { Cases } from "./documented.ts"
import { describing } from "./DownloadEvent.ts"
import { Asked } from "./sources/NoPeers.ts"
import { Origin } from "./sources/Origin.ts"
import { ProbeError, Seen } from "./peer/errors.ts"
import { WebSeedFailed } from "./sources/web/WebProblem.ts"

const about = {
  /** Whom it is about: the address at which it was called. */
  peer: Schema.InetAddressFromString,
}

const sighting = {
  ...about,
  /** What is known of it by now, and how long each step took. */
  seen: Seen,
}

const cases = {
  /** A source of peers answered, or failed to. */
  SourceAnswered: {
    /** Who was asked, and what it answered. */
    asked: Asked,
    /** How many of its peers are new to us. */
    fresh: Schema.Int,
  },
  /** A kind of source has named these peers, and had not before. */
  Named: {
    /** What kind of a source. */
    origin: Origin,
    /** Whom it named. */
    peers: Schema.Array(Schema.InetAddressFromString),
  },
  /** A dial begins. */
  Dialling: about,
  /** The TCP connection stands. */
  Connected: about,
  /** The peer has something and knows that we are interested: only its `unchoke` is missing. */
  Parked: sighting,
  /** The peer would not give us the file. */
  Rejected: {
    ...about,
    /** At which step it ended, and how. */
    error: ProbeError,
  },
  /** The peer has everything and unchoked us: it would give us the file. */
  Passed: sighting,
  /** The peer has a part (`seen.have` pieces) and unchoked us: it would give us that. */
  Partial: sighting,
  /** A web seed gave a few bytes that it was asked for: it would give us the file. */
  WebSeedPassed: {
    /** Where it is, as it may be shown: see `WebSeedUrl.shown`. */
    url: Schema.String,
    /** Whether it sends the parts that it is asked for; else it sends files only from their beginning. */
    ranges: Schema.Boolean,
    /** How long it took. */
    took: Schema.DurationFromMillis,
  },
  /** A web seed would not give us the file. */
  WebSeedRejected: {
    /** Why, and which web seed it is. */
    error: WebSeedFailed,
  },
  /** How many copies the peers that were reached have between them, as in `DownloadEvent`. Whenever it has changed. */
  Copies: {
    /** The rarest piece counts, and how many more have the others is the fraction. */
    copies: Schema.Finite,
    /** How many pieces nobody has of whom we know. */
    lacking: Schema.Int,
    /** The first of those. */
    pieces: Schema.Array(Schema.Int),
    /** How many peers have the rarest piece of each stretch of the torrent, of at most 128 that are equally long (the last one may be shorter). */
    stretches: Schema.Array(Schema.Int),
  },
}

/** What a survey tells while it runs, by `_tag`; a schema, so that events can be written down as JSON and read again. */
export const SurveyEvent: Schema.TaggedUnion<Cases<typeof describing & typeof cases>> = Schema.TaggedUnion({
  ...describing,
  ...cases,
})
/** One thing that has happened in a survey: `switch` on its `_tag`. */
export type SurveyEvent = typeof SurveyEvent.Type

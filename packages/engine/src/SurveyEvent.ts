/** What happens while every peer of a swarm is probed. */
import { Schema } from "effect"
import { copies, describing } from "./DownloadEvent.ts"
import { Asked } from "./sources/NoPeers.ts"
import { Origin } from "./sources/Origin.ts"
import { ProbeError, Seen } from "./peer/errors.ts"
import { WebSeedFailed } from "./sources/web/WebProblem.ts"

const peer = Schema.InetAddressFromString

/** What a survey tells while it runs, by `_tag`; a schema, so that events can be written down as JSON and read again. */
export const SurveyEvent = Schema.TaggedUnion({
  /** A source of peers answered, or failed to; `fresh` of its peers are new to us. */
  SourceAnswered: { asked: Asked, fresh: Schema.Int },
  /** A kind of source has named these peers, and had not before. */
  Named: { origin: Origin, peers: Schema.Array(peer) },
  ...describing,
  /** A dial begins. */
  Dialling: { peer },
  /** The TCP connection stands. */
  Connected: { peer },
  /** The peer has something and knows that we are interested: only its `unchoke` is missing. */
  Parked: { peer, seen: Seen },
  /** The peer would not give us the file, and why. */
  Rejected: { peer, error: ProbeError },
  /** The peer has everything and unchoked us: it would give us the file. */
  Passed: { peer, seen: Seen },
  /** The peer has a part (`seen.have` pieces) and unchoked us: it would give us that. */
  Partial: { peer, seen: Seen },
  /** A web seed gave a few bytes that it was asked for: it would give us the file. `ranges`: in parts; else only from its beginning. */
  WebSeedPassed: { url: Schema.String, ranges: Schema.Boolean, took: Schema.DurationFromMillis },
  /** A web seed would not give us the file, and why. */
  WebSeedRejected: { error: WebSeedFailed },
  /**
   * How many copies the peers that were reached have between them, as in `DownloadEvent`; and in `stretches` how many of them have the rarest piece of each stretch of the torrent, of at most 128 that are equally
   * long (the last one may be shorter). Whenever it has changed.
   */
  Copies: { ...copies, stretches: Schema.Array(Schema.Int) },
})
/** One thing that has happened in a survey: `switch` on its `_tag`. */
export type SurveyEvent = typeof SurveyEvent.Type

/** What happens in the course of a download. Every event encodes to JSON: peers as strings, durations as milliseconds. */
import { Schema } from "effect"
import type { Cases } from "./documented.ts"
import { Standing } from "./peer/Terms.ts"
import { Asked } from "./sources/NoPeers.ts"
import { Origin } from "./sources/Origin.ts"
import { StorageError } from "./storage/StorageError.ts"
import { CorruptPiece, Dismissed, LinkError, ProbeError, Rejection, Seen } from "./peer/errors.ts"
import { WebSeedFailed } from "./sources/web/WebProblem.ts"

const about = {
  /** Whom it is about: the address at which it was called, or from which it calls. */
  peer: Schema.InetAddressFromString,
}

const sighting = {
  ...about,
  /** What is known of it by now, and how long each step took. */
  seen: Seen,
}

/** How often the torrent is there, as `Availability.copies` counts it. */
export const copies = {
  /** The rarest piece counts, and how many more have the others is the fraction. */
  copies: Schema.Finite,
  /** How many pieces nobody has of whom we know. */
  lacking: Schema.Int,
  /** The first of those. */
  pieces: Schema.Array(Schema.Int),
}

/** What is said while it is asked what the torrent of a link is. */
export const describing = {
  /** So many peers are asked what the torrent is, and so much of the description that is nearest to its end is there (BEP 9). */
  Describing: {
    /** How many peers are asked now. */
    peers: Schema.Int,
    /** How many bytes of the description are there. */
    bytes: Schema.Int,
    /** How many it has, as soon as a peer has said so. */
    size: Schema.optionalKey(Schema.Int),
  },
  /** It is known what the torrent is. */
  Described: {
    /** What the torrent, its file or its folder, is called. */
    name: Schema.String,
    /** The torrent's length. */
    bytes: Schema.Int,
    /** How many pieces it has. */
    pieces: Schema.Int,
    /** How many files it has, padding left out. */
    files: Schema.Int,
    /** Whether peers are looked for at its trackers alone (BEP 27). */
    private: Schema.Boolean,
  },
}

const cases = {
  /** So many of the pieces were looked at on the disk, and so many of those that are wanted are there and right. */
  Checking: {
    /** How many pieces were looked at. */
    checked: Schema.Int,
    /** How many of those are there. */
    present: Schema.Int,
    /** How many bytes these are. */
    bytes: Schema.Int,
    /** How many pieces the torrent has. */
    pieces: Schema.Int,
    /** Which were found to be there since the last such event, wanted or not: runs, each its first piece and how many. */
    runs: Schema.optionalKey(Schema.Array(Schema.Tuple([Schema.Int, Schema.Int]))),
  },
  /** Not all of the torrent is wanted. */
  Chosen: {
    /** How many files are. */
    files: Schema.Int,
    /** How many there are. */
    of: Schema.Int,
    /** How many bytes those have that are wanted. */
    length: Schema.Int,
    /** In how many pieces they lie. */
    pieces: Schema.Int,
    /** How many bytes these pieces have. */
    bytes: Schema.Int,
  },
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
  ...describing,
  /** A dial begins. */
  Dialling: about,
  /** The TCP connection stands. */
  Connected: about,
  /** The peer has everything and knows that we are interested: only its `unchoke` is missing. */
  Parked: sighting,
  /** The call ended without a link. */
  Rejected: {
    ...about,
    /** At which step it ended, and how; `Dismissed` is who did nothing wrong: another was chosen, or it is connected to us already. */
    error: Schema.Union([...ProbeError.members, Dismissed]),
  },
  /** We can be called. */
  Listening: {
    /** At this TCP port. */
    port: Schema.Int,
  },
  /** We cannot be called; everything else goes on. */
  NotListening: {
    /** In words. */
    why: Schema.String,
  },
  /** The peer is one of us: its handshake is done, or, in a race or a sequence, it has passed its probe. */
  Joined: {
    ...sighting,
    /** Whether it has called us. */
    incoming: Schema.Boolean,
  },
  /** Who had not said by `Joined` which client it is has said so since: its extended handshake came late (BEP 10). At most once of each that joins; never of those, most of them, whose client `Joined` has told. */
  Identified: sighting,
  /** What the peer does for us now, and what we do for it. Who has just joined is idle and not served; in a race or a sequence it supplies. */
  Standing: {
    ...about,
    /** `idle`: it has nothing that we need now. `parked`: it has, and chokes us. `supplying`: it lets us ask. */
    standing: Standing,
    /** Whether we serve it. */
    serving: Schema.Boolean,
  },
  /** What the peer has now. In a swarm, when this has changed, of each peer once in five seconds at most. */
  Has: {
    ...about,
    /** How many of all pieces that the torrent has. */
    pieces: Schema.Int,
  },
  /** Bytes arrived since the last such event; not verified yet. In a swarm once a second at most. */
  Received: {
    ...about,
    /** How many. */
    bytes: Schema.Int,
  },
  /** Bytes of pieces were sent to it since the last such event. Once a second at most. */
  Sent: {
    ...about,
    /** How many. */
    bytes: Schema.Int,
  },
  /**
   * How many copies of the torrent we and the peers that we are connected to have between us (1.25: everything is there once, and a quarter of it once more). Once a second at most, when it has changed.
   */
  Copies: copies,
  /** Bytes that had arrived were thrown away before their piece was filled: whoever sent them is not to be trusted, or left with it half done. */
  Discarded: {
    /** How many. */
    bytes: Schema.Int,
  },
  /** A piece was verified and written. */
  PieceStored: {
    /** Which, from 0. */
    piece: Schema.Int,
    /** Its length. */
    bytes: Schema.Int,
    /** How many pieces that are wanted are on the disk now. */
    stored: Schema.Int,
    /** How many pieces are wanted. */
    pieces: Schema.Int,
  },
  /** The disk does not give a piece that was there: its file is gone, or was changed by somebody else. It is served no longer, and nobody new is told that we have it. */
  PieceLost: {
    /** Which, from 0. */
    piece: Schema.Int,
    /** What the disk said, and of which file. */
    error: StorageError,
  },
  /** A piece's hash was wrong: it was thrown away and will be fetched again. */
  PieceCorrupt: {
    /** Which, from 0. */
    piece: Schema.Int,
  },
  /** The peer is not connected any more. What is missing is fetched from others, or from itself when it comes back. */
  Left: {
    ...about,
    /** Why. */
    error: LinkError,
  },
  /** Who is no longer here turned out to have sent corrupt data: it is not asked again. */
  Condemned: {
    ...about,
    /** Its `piece` is one of those that were spoiled. */
    error: CorruptPiece,
  },
  /** A web seed answers: it is one of those who give. */
  WebSeedJoined: {
    /** Where it is, as it may be shown: see `WebSeedUrl.shown`. */
    url: Schema.String,
    /** Whether it sends the parts that it is asked for; else it sends files only from their beginning. */
    ranges: Schema.Boolean,
  },
  /** Bytes arrived from a web seed since the last such event; not verified yet. Once a second at most. */
  WebSeedReceived: {
    /** Where it is, as it may be shown: see `WebSeedUrl.shown`. */
    url: Schema.String,
    /** How many. */
    bytes: Schema.Int,
  },
  /** A web seed does not have a file of the torrent; it is asked for the others. */
  WebSeedLacks: {
    /** The file, in the torrent. */
    path: Schema.String,
    /** What it answered, and which web seed it is. */
    error: WebSeedFailed,
  },
  /** A web seed does badly, or wants to be left alone. */
  WebSeedPaused: {
    /** What it answered, and which web seed it is. */
    error: WebSeedFailed,
    /** It is asked again after so long. */
    pause: Schema.DurationFromMillis,
  },
  /** A web seed is not asked any more. */
  WebSeedLeft: {
    /** Why, and which web seed it is. */
    error: WebSeedFailed,
  },
  /** Nobody is left but peers that served us and cannot be reached now: the network may be down. */
  OutOfReach: {
    /** How many they are. */
    peers: Schema.Int,
    /** They are dialled again after so long. */
    pause: Schema.DurationFromMillis,
  },
  /** A symbolic link of the torrent's was not made. */
  LinkLeftOut: {
    /** Which, in the torrent. */
    path: Schema.String,
    /** What prevents it. */
    why: Schema.Literals(["it leads out of the torrent", "something else is there", "the disk refuses"]),
  },
  /** Nobody who can be reached has what is missing: we wait for those who may still come, and for what those who are here may get. */
  Waiting: {
    /** How many pieces nobody has. */
    lacking: Schema.Int,
    /** How many copies there are, as in `Copies`. */
    copies: Schema.Finite,
    /** The verdicts on all others. */
    rejections: Schema.Array(Rejection),
  },
  /** Every piece that is wanted is verified and on the disk. A download that seeds goes on. */
  Done: {
    /** How many pieces are wanted. */
    pieces: Schema.Int,
    /** How many bytes they have. */
    bytes: Schema.Int,
  },
}

/** What a download or a seed tells while it runs, by `_tag`; a schema, so that events can be written down as JSON and read again. */
export const DownloadEvent: Schema.TaggedUnion<Cases<typeof cases>> = Schema.TaggedUnion(cases)
/** One thing that has happened in a download or a seed: `switch` on its `_tag`. */
export type DownloadEvent = typeof DownloadEvent.Type

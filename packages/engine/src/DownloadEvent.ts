/** What happens in the course of a download. Every event encodes to JSON: peers as strings, durations as milliseconds. */
import { type Duration, Schema } from "effect"
import type { NetAddress } from "effect/net"
import { downloadCases } from "./eventCases.ts"
import type { AboutPeer, CorruptPiece, Dismissed, LinkError, ProbeError, Rejection, SeenPeer } from "./peer/errors.ts"
import type { ProbeEvent } from "./probe/ProbeEvent.ts"
import type { Asked } from "./sources/NoPeers.ts"
import type { Origin } from "./sources/Origin.ts"
import type { WebSeedFailed } from "./sources/web/WebProblem.ts"
import type { StorageError } from "./storage/StorageError.ts"
import type { Cases } from "./told.ts"

/** What a download or a seed tells while it runs, each event by its `_tag`. */
export declare namespace DownloadEvent {
  /** So many peers are asked what the torrent is, and so much of the description that is nearest to its end is there (BEP 9). */
  export interface Describing {
    readonly _tag: "Describing"
    /** How many peers are asked now. */
    readonly peers: number
    /** How many bytes of the description are there. */
    readonly bytes: number
    /** How many it has, as soon as a peer has said so. */
    readonly size?: number
  }

  /** It is known what the torrent is. */
  export interface Described {
    readonly _tag: "Described"
    /** What the torrent, its file or its folder, is called. */
    readonly name: string
    /** The torrent's length. */
    readonly bytes: number
    /** How many pieces it has. */
    readonly pieces: number
    /** How many files it has, padding left out. */
    readonly files: number
    /** Whether peers are looked for at its trackers alone (BEP 27). */
    readonly private: boolean
  }

  /** So many of the pieces were looked at on the disk, and so many of those that are wanted are there and right. */
  export interface Checking {
    readonly _tag: "Checking"
    /** How many pieces were looked at. */
    readonly checked: number
    /** How many of those are there. */
    readonly present: number
    /** How many bytes these are. */
    readonly bytes: number
    /** How many pieces the torrent has. */
    readonly pieces: number
    /** Which were found to be there since the last such event, wanted or not: runs, each its first piece and how many. */
    readonly runs?: ReadonlyArray<readonly [number, number]>
  }

  /** Not all of the torrent is wanted. */
  export interface Chosen {
    readonly _tag: "Chosen"
    /** How many files are. */
    readonly files: number
    /** How many there are. */
    readonly of: number
    /** How many bytes those have that are wanted. */
    readonly length: number
    /** In how many pieces they lie. */
    readonly pieces: number
    /** How many bytes these pieces have. */
    readonly bytes: number
  }

  /** A source of peers answered, or failed to. */
  export interface SourceAnswered {
    readonly _tag: "SourceAnswered"
    /** Who was asked, and what it answered. */
    readonly asked: Asked
    /** How many of its peers are new to us. */
    readonly fresh: number
  }

  /** A kind of source has named these peers, and had not before. */
  export interface Named {
    readonly _tag: "Named"
    /** What kind of a source. */
    readonly origin: Origin
    /** Whom it named. */
    readonly peers: ReadonlyArray<NetAddress.InetAddress>
  }

  /** The call ended without a link. */
  export interface Rejected extends AboutPeer {
    readonly _tag: "Rejected"
    /** At which step it ended, and how; `Dismissed` is who did nothing wrong: another was chosen, or it is connected to us already. */
    readonly error: ProbeError | Dismissed
  }

  /** We can be called. */
  export interface Listening {
    readonly _tag: "Listening"
    /** At this TCP port. */
    readonly port: number
  }

  /** We cannot be called; everything else goes on. */
  export interface NotListening {
    readonly _tag: "NotListening"
    /** In words. */
    readonly why: string
  }

  /** The peer is one of us: its handshake is done, or, in a race or a sequence, it has passed its probe. */
  export interface Joined extends SeenPeer {
    readonly _tag: "Joined"
    /** Whether it has called us. */
    readonly incoming: boolean
  }

  /** Who had not said by `Joined` which client it is has said so since: its extended handshake came late (BEP 10). At most once of each that joins; never of those, most of them, whose client `Joined` has told. */
  export interface Identified extends SeenPeer {
    readonly _tag: "Identified"
  }

  /** What the peer does for us now, and what we do for it. Who has just joined is idle and not served; in a race or a sequence it supplies. */
  export interface Standing extends AboutPeer {
    readonly _tag: "Standing"
    /** `idle`: it has nothing that we need now. `parked`: it has, and chokes us. `supplying`: it lets us ask. */
    readonly standing: "idle" | "parked" | "supplying"
    /** Whether we serve it. */
    readonly serving: boolean
  }

  /** What the peer has now. In a swarm, when this has changed, of each peer once in five seconds at most. */
  export interface Has extends AboutPeer {
    readonly _tag: "Has"
    /** How many of all pieces that the torrent has. */
    readonly pieces: number
  }

  /** Bytes arrived since the last such event; not verified yet. In a swarm once a second at most. */
  export interface Received extends AboutPeer {
    readonly _tag: "Received"
    /** How many. */
    readonly bytes: number
  }

  /** Bytes of pieces were sent to it since the last such event. Once a second at most. */
  export interface Sent extends AboutPeer {
    readonly _tag: "Sent"
    /** How many. */
    readonly bytes: number
  }

  /**
   * How many copies of the torrent we and the peers that we are connected to have between us (1.25: everything is there once, and a quarter of it once more). Once a second at most, when it has changed.
   */
  export interface Copies {
    readonly _tag: "Copies"
    /** The rarest piece counts, and how many more have the others is the fraction. */
    readonly copies: number
    /** How many pieces nobody has of whom we know. */
    readonly lacking: number
    /** The first of those. */
    readonly pieces: ReadonlyArray<number>
  }

  /** Bytes that had arrived were thrown away before their piece was filled: whoever sent them is not to be trusted, or left with it half done. */
  export interface Discarded {
    readonly _tag: "Discarded"
    /** How many. */
    readonly bytes: number
  }

  /** A piece was verified and written. */
  export interface PieceStored {
    readonly _tag: "PieceStored"
    /** Which, from 0. */
    readonly piece: number
    /** Its length. */
    readonly bytes: number
    /** How many pieces that are wanted are on the disk now. */
    readonly stored: number
    /** How many pieces are wanted. */
    readonly pieces: number
  }

  /** The disk does not give a piece that was there: its file is gone, or was changed by somebody else. It is served no longer, and nobody new is told that we have it. Where all of a file is gone, each of its pieces is told. */
  export interface PieceLost {
    readonly _tag: "PieceLost"
    /** Which, from 0. */
    readonly piece: number
    /** What the disk said, and of which file. */
    readonly error: StorageError
  }

  /** A piece's hash was wrong: it was thrown away and will be fetched again. */
  export interface PieceCorrupt {
    readonly _tag: "PieceCorrupt"
    /** Which, from 0. */
    readonly piece: number
  }

  /** The peer is not connected any more. What is missing is fetched from others, or from itself when it comes back. */
  export interface Left extends AboutPeer {
    readonly _tag: "Left"
    /** Why. */
    readonly error: LinkError
  }

  /** Who is no longer here turned out to have sent corrupt data: it is not asked again. */
  export interface Condemned extends AboutPeer {
    readonly _tag: "Condemned"
    /** Its `piece` is one of those that were spoiled. */
    readonly error: CorruptPiece
  }

  /** A web seed answers: it is one of those who give. */
  export interface WebSeedJoined {
    readonly _tag: "WebSeedJoined"
    /** Where it is, as it may be shown: see `WebSeedUrl.shown`. */
    readonly url: string
    /** Whether it sends the parts that it is asked for; else it sends files only from their beginning. */
    readonly ranges: boolean
  }

  /** Bytes arrived from a web seed since the last such event; not verified yet. Once a second at most. */
  export interface WebSeedReceived {
    readonly _tag: "WebSeedReceived"
    /** Where it is, as it may be shown: see `WebSeedUrl.shown`. */
    readonly url: string
    /** How many. */
    readonly bytes: number
  }

  /** A web seed does not have a file of the torrent; it is asked for the others. */
  export interface WebSeedLacks {
    readonly _tag: "WebSeedLacks"
    /** The file, in the torrent. */
    readonly path: string
    /** What it answered, and which web seed it is. */
    readonly error: WebSeedFailed
  }

  /** A web seed does badly, or wants to be left alone. */
  export interface WebSeedPaused {
    readonly _tag: "WebSeedPaused"
    /** What it answered, and which web seed it is. */
    readonly error: WebSeedFailed
    /** It is asked again after so long. */
    readonly pause: Duration.Duration
  }

  /** A web seed is not asked any more. */
  export interface WebSeedLeft {
    readonly _tag: "WebSeedLeft"
    /** Why, and which web seed it is. */
    readonly error: WebSeedFailed
  }

  /** Nobody is left but peers that served us and cannot be reached now: the network may be down. */
  export interface OutOfReach {
    readonly _tag: "OutOfReach"
    /** How many they are. */
    readonly peers: number
    /** They are dialled again after so long. */
    readonly pause: Duration.Duration
  }

  /** A symbolic link of the torrent's was not made. */
  export interface LinkLeftOut {
    readonly _tag: "LinkLeftOut"
    /** Which, in the torrent. */
    readonly path: string
    /** What prevents it. */
    readonly why: "it leads out of the torrent" | "something else is there" | "the disk refuses"
  }

  /** Nobody who can be reached has what is missing: we wait for those who may still come, and for what those who are here may get. */
  export interface Waiting {
    readonly _tag: "Waiting"
    /** How many pieces nobody has. */
    readonly lacking: number
    /** How many copies there are, as in `Copies`. */
    readonly copies: number
    /** The verdicts on all others. */
    readonly rejections: ReadonlyArray<Rejection>
  }

  /** Every piece that is wanted is verified and on the disk. A download that seeds goes on. */
  export interface Done {
    readonly _tag: "Done"
    /** How many pieces are wanted. */
    readonly pieces: number
    /** How many bytes they have. */
    readonly bytes: number
  }
}

/** One thing that has happened in a download or a seed: `switch` on its `_tag`. */
export type DownloadEvent =
  | ProbeEvent.Dialling
  | ProbeEvent.Connected
  | ProbeEvent.Parked
  | DownloadEvent.Rejected
  | DownloadEvent.Describing
  | DownloadEvent.Described
  | DownloadEvent.Checking
  | DownloadEvent.Chosen
  | DownloadEvent.SourceAnswered
  | DownloadEvent.Named
  | DownloadEvent.Listening
  | DownloadEvent.NotListening
  | DownloadEvent.Joined
  | DownloadEvent.Identified
  | DownloadEvent.Standing
  | DownloadEvent.Has
  | DownloadEvent.Received
  | DownloadEvent.Sent
  | DownloadEvent.Copies
  | DownloadEvent.Discarded
  | DownloadEvent.PieceStored
  | DownloadEvent.PieceLost
  | DownloadEvent.PieceCorrupt
  | DownloadEvent.Left
  | DownloadEvent.Condemned
  | DownloadEvent.WebSeedJoined
  | DownloadEvent.WebSeedReceived
  | DownloadEvent.WebSeedLacks
  | DownloadEvent.WebSeedPaused
  | DownloadEvent.WebSeedLeft
  | DownloadEvent.OutOfReach
  | DownloadEvent.LinkLeftOut
  | DownloadEvent.Waiting
  | DownloadEvent.Done

/** What a download or a seed tells while it runs, by `_tag`; a schema, so that events can be written down as JSON and read again. */
export const DownloadEvent: Schema.TaggedUnion<Cases<typeof downloadCases, DownloadEvent>> =
  Schema.TaggedUnion(downloadCases)

/** What happens in the course of a download. Every event encodes to JSON: peers as strings, durations as milliseconds. */
import { Schema } from "effect"
import { Standing } from "./peer/Terms.ts"
import { Asked } from "./sources/NoPeers.ts"
import { Origin } from "./sources/Origin.ts"
import { StorageError } from "./storage/StorageError.ts"
import { CorruptPiece, LinkError, ProbeError, Rejection, Seen } from "./peer/errors.ts"
import { WebSeedFailed } from "./sources/web/WebProblem.ts"

const peer = Schema.InetAddressFromString

/** How often the torrent is there, as `Availability.copies` counts it. */
export const copies = { copies: Schema.Finite, lacking: Schema.Int, pieces: Schema.Array(Schema.Int) }

/** What is said while it is asked what the torrent of a link is. */
export const describing = {
  /** So many peers are asked what the torrent is, and so much of the description that is nearest to its end is there, of `size` bytes (BEP 9). */
  Describing: { peers: Schema.Int, bytes: Schema.Int, size: Schema.optionalKey(Schema.Int) },
  /** It is known what the torrent is. */
  Described: { name: Schema.String, bytes: Schema.Int, pieces: Schema.Int, files: Schema.Int, private: Schema.Boolean },
}

export const DownloadEvent = Schema.TaggedUnion({
  /**
   * So many of the pieces were looked at on the disk, and so many of those that are wanted are there and right: `bytes` in all. `runs` are those that were found to be there since the last such
   * event, wanted or not: of each run the first piece, and how many.
   */
  Checking: {
    checked: Schema.Int,
    present: Schema.Int,
    bytes: Schema.Int,
    pieces: Schema.Int,
    runs: Schema.optionalKey(Schema.Array(Schema.Tuple([Schema.Int, Schema.Int]))),
  },
  /** Not all of the torrent is wanted: so many `files` of those that there are (`of`), of `length` bytes, which lie in so many `pieces` of so many `bytes`. */
  Chosen: { files: Schema.Int, of: Schema.Int, length: Schema.Int, pieces: Schema.Int, bytes: Schema.Int },
  /** A source of peers answered, or failed to; `fresh` of its peers are new to us. */
  SourceAnswered: { asked: Asked, fresh: Schema.Int },
  /** A kind of source has named these peers, and had not before. */
  Named: { origin: Origin, peers: Schema.Array(peer) },
  ...describing,
  /** A dial begins. */
  Dialling: { peer },
  /** The TCP connection stands. */
  Connected: { peer },
  /** The peer has everything and knows that we are interested: only its `unchoke` is missing. */
  Parked: { peer, seen: Seen },
  /** The probe ended without a link. */
  Rejected: { peer, error: ProbeError },
  /** We can be called at this port. */
  Listening: { port: Schema.Int },
  /** We cannot be called; everything else goes on. */
  NotListening: { why: Schema.String },
  /** The peer is one of us: its handshake is done, or, in a race or a sequence, it has passed its probe. `incoming`: it has called us. */
  Joined: { peer, seen: Seen, incoming: Schema.Boolean },
  /** Who has joined has said only now which client it is: its extended handshake came late (BEP 10). Once of each that joins, within a second. */
  Identified: { peer, seen: Seen },
  /** What the peer does for us now, and whether we serve it. Who has just joined is idle and not served; in a race or a sequence it supplies. */
  Standing: { peer, standing: Standing, serving: Schema.Boolean },
  /** So many pieces the peer has now. In a swarm, when this has changed, of each peer once in five seconds at most. */
  Has: { peer, pieces: Schema.Int },
  /** Bytes arrived since the last such event; not verified yet. In a swarm once a second at most. */
  Received: { peer, bytes: Schema.Int },
  /** Bytes of pieces were sent to it since the last such event. Once a second at most. */
  Sent: { peer, bytes: Schema.Int },
  /**
   * How many copies of the torrent we and the peers that we are connected to have between us: the rarest piece counts, and how many more have the others is the fraction (1.25: everything is there once, and a
   * quarter of it once more). `lacking` pieces nobody has of whom we know, and `pieces` names the first of them. Once a second at most, when it has changed.
   */
  Copies: copies,
  /** So many of the bytes that had arrived were thrown away before their piece was filled: whoever sent them is not to be trusted, or left with it half done. */
  Discarded: { bytes: Schema.Int },
  /** A piece was verified and written: `stored` of the `pieces` that are wanted. */
  PieceStored: { piece: Schema.Int, bytes: Schema.Int, stored: Schema.Int, pieces: Schema.Int },
  /** The disk does not give a piece that was there: its file is gone, or was changed by somebody else. It is served no longer, and nobody new is told that we have it. */
  PieceLost: { piece: Schema.Int, error: StorageError },
  /** A piece's hash was wrong: it was thrown away and will be fetched again. */
  PieceCorrupt: { piece: Schema.Int },
  /** The peer is not connected any more, and why. What is missing is fetched from others, or from itself when it comes back. */
  Left: { peer, error: LinkError },
  /** Who is no longer here turned out to have sent corrupt data (`piece` is one of those that it spoiled): it is not asked again. */
  Condemned: { peer, error: CorruptPiece },
  /** A web seed answers: it is one of those who give. `ranges`: with the parts that it is asked for; else it sends files only from their beginning. */
  WebSeedJoined: { url: Schema.String, ranges: Schema.Boolean },
  /** Bytes arrived from a web seed since the last such event; not verified yet. Once a second at most. */
  WebSeedReceived: { url: Schema.String, bytes: Schema.Int },
  /** A web seed does not have a file of the torrent; it is asked for the others. */
  WebSeedLacks: { path: Schema.String, error: WebSeedFailed },
  /** A web seed does badly, or wants to be left alone: it is asked again after this pause. */
  WebSeedPaused: { error: WebSeedFailed, pause: Schema.DurationFromMillis },
  /** A web seed is not asked any more, and why. */
  WebSeedLeft: { error: WebSeedFailed },
  /** Nobody is left but so many peers that served us and cannot be reached now: the network may be down. They are dialled again after this pause. */
  OutOfReach: { peers: Schema.Int, pause: Schema.DurationFromMillis },
  /** A symbolic link of the torrent's was not made. */
  LinkLeftOut: {
    path: Schema.String,
    why: Schema.Literals(["it leads out of the torrent", "something else is there", "the disk refuses"]),
  },
  /** Nobody who can be reached has what is missing: we wait for those who may still come, and for what those who are here may get. The verdicts on all others. */
  Waiting: { lacking: Schema.Int, copies: Schema.Finite, rejections: Schema.Array(Rejection) },
  /** Every piece that is wanted is verified and on the disk. A download that seeds goes on. */
  Done: { pieces: Schema.Int, bytes: Schema.Int },
})
export type DownloadEvent = typeof DownloadEvent.Type

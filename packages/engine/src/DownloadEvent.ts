/** What happens in the course of a download. Every event encodes to JSON: peers as strings, durations as milliseconds. */
import { Schema } from "effect"
import { Asked } from "./sources/NoPeers.ts"
import { CorruptPiece, LinkError, ProbeError, Seen } from "./peer/errors.ts"

const peer = Schema.InetAddressFromString

export const DownloadEvent = Schema.TaggedUnion({
  /** So many of the pieces were looked at on the disk, and so many of those are there and right: `bytes` in all. */
  Checking: { checked: Schema.Int, present: Schema.Int, bytes: Schema.Int, pieces: Schema.Int },
  /** A source of peers answered, or failed to; `fresh` of its peers are new to us. */
  SourceAnswered: { asked: Asked, fresh: Schema.Int },
  /** A dial begins. */
  Dialling: { peer },
  /** The TCP connection stands. */
  Connected: { peer },
  /** The peer has everything and knows that we are interested: only its `unchoke` is missing. */
  Parked: { peer, seen: Seen },
  /** The probe ended without a link. */
  Rejected: { peer, error: ProbeError },
  /** The peer passed its probe: we download from it. */
  LinkOpened: { peer, seen: Seen },
  /** The peer choked us; we wait for it, with a deadline. */
  Choked: { peer },
  /** It unchoked us again. */
  Unchoked: { peer },
  /** Bytes arrived since the last such event; not verified yet. */
  Received: { peer, bytes: Schema.Int },
  /** So many of the bytes that had arrived were thrown away before their piece was filled: whoever sent them is not to be trusted, or left with it half done. */
  Discarded: { bytes: Schema.Int },
  /** A piece was verified and written. */
  PieceStored: { piece: Schema.Int, bytes: Schema.Int, stored: Schema.Int, pieces: Schema.Int },
  /** A piece's hash was wrong: it was thrown away and will be fetched again. */
  PieceCorrupt: { piece: Schema.Int },
  /** The link ended before the download did; the next peer goes on from the pieces that are missing. */
  LinkLost: { peer, error: LinkError },
  /** Who is no longer here turned out to have sent corrupt data (`piece` is one of those that it spoiled): it is not asked again. */
  Condemned: { peer, error: CorruptPiece },
  /** Nobody is left but so many peers that served us and cannot be reached now: the network may be down. They are dialled again after this pause. */
  OutOfReach: { peers: Schema.Int, pause: Schema.DurationFromMillis },
  /** A symbolic link of the torrent's was not made. */
  LinkLeftOut: {
    path: Schema.String,
    why: Schema.Literals(["it leads out of the torrent", "something else is there", "the disk refuses"]),
  },
  /** Every piece is verified and on the disk. */
  Done: { pieces: Schema.Int, bytes: Schema.Int },
})
export type DownloadEvent = typeof DownloadEvent.Type

/** How events are encoded. What they mean is written where their types are: `DownloadEvent.ts`, `SurveyEvent.ts`. */
import { Schema } from "effect"
import { CorruptPiece, Dismissed, LinkError, ProbeError, Rejection, Seen } from "./peer/errors.ts"
import { Standing } from "./peer/Terms.ts"
import { probeCases } from "./probe/ProbeEvent.ts"
import { Asked } from "./sources/NoPeers.ts"
import { Origin } from "./sources/Origin.ts"
import { WebSeedFailed } from "./sources/web/WebProblem.ts"
import { StorageError } from "./storage/StorageError.ts"

const about = { peer: Schema.InetAddressFromString }
const sighting = { ...about, seen: Seen }
const copies = { copies: Schema.Finite, lacking: Schema.Int, pieces: Schema.Array(Schema.Int) }

/** Of all that looks for peers. */
const finding = {
  Describing: { peers: Schema.Int, bytes: Schema.Int, size: Schema.optionalKey(Schema.Int) },
  Described: { name: Schema.String, bytes: Schema.Int, pieces: Schema.Int, files: Schema.Int, private: Schema.Boolean },
  SourceAnswered: { asked: Asked, fresh: Schema.Int },
  Named: { origin: Origin, peers: Schema.Array(Schema.InetAddressFromString) },
}

export const downloadCases = {
  ...finding,
  ...probeCases,
  Rejected: { ...about, error: Schema.Union([...ProbeError.members, Dismissed]) },
  Checking: {
    checked: Schema.Int,
    present: Schema.Int,
    bytes: Schema.Int,
    pieces: Schema.Int,
    runs: Schema.optionalKey(Schema.Array(Schema.Tuple([Schema.Int, Schema.Int]))),
  },
  Chosen: { files: Schema.Int, of: Schema.Int, length: Schema.Int, pieces: Schema.Int, bytes: Schema.Int },
  Listening: { port: Schema.Int },
  NotListening: { why: Schema.String },
  Joined: { ...sighting, incoming: Schema.Boolean },
  Identified: sighting,
  Standing: { ...about, standing: Standing, serving: Schema.Boolean },
  Has: { ...about, pieces: Schema.Int },
  Received: { ...about, bytes: Schema.Int },
  Sent: { ...about, bytes: Schema.Int },
  Copies: copies,
  Discarded: { bytes: Schema.Int },
  PieceStored: { piece: Schema.Int, bytes: Schema.Int, stored: Schema.Int, pieces: Schema.Int },
  PieceLost: { piece: Schema.Int, error: StorageError },
  PieceCorrupt: { piece: Schema.Int },
  Left: { ...about, error: LinkError },
  Condemned: { ...about, error: CorruptPiece },
  WebSeedJoined: { url: Schema.String, ranges: Schema.Boolean },
  WebSeedReceived: { url: Schema.String, bytes: Schema.Int },
  WebSeedLacks: { path: Schema.String, error: WebSeedFailed },
  WebSeedPaused: { error: WebSeedFailed, pause: Schema.DurationFromMillis },
  WebSeedLeft: { error: WebSeedFailed },
  OutOfReach: { peers: Schema.Int, pause: Schema.DurationFromMillis },
  LinkLeftOut: {
    path: Schema.String,
    why: Schema.Literals(["it leads out of the torrent", "something else is there", "the disk refuses"]),
  },
  Waiting: { lacking: Schema.Int, copies: Schema.Finite, rejections: Schema.Array(Rejection) },
  Done: { pieces: Schema.Int, bytes: Schema.Int },
}

export const surveyCases = {
  ...finding,
  ...probeCases,
  Passed: sighting,
  Partial: sighting,
  WebSeedPassed: { url: Schema.String, ranges: Schema.Boolean, took: Schema.DurationFromMillis },
  WebSeedRejected: { error: WebSeedFailed },
  Copies: { ...copies, stretches: Schema.Array(Schema.Int) },
}

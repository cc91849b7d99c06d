export { Candidates } from "./sources/Candidates.ts"
export { type Choice, choosePeer, type ChooseOptions } from "./probe/choosePeer.ts"
export * as Deadlines from "./peer/Deadlines.ts"
export { Dialer } from "./peer/Dialer.ts"
export { download, type DownloadError } from "./download.ts"
export type { DownloadOptions, SeedGoal, SeedOptions, Sharing, Strategy } from "./swarm/DownloadOptions.ts"
export type { SessionOptions } from "./swarm/Session.ts"
export { type Incoming, Listener, ListenFailed } from "./peer/Listener.ts"
export { DownloadEvent } from "./DownloadEvent.ts"
export * from "./peer/errors.ts"
export { NoSuitablePeer } from "./probe/NoSuitablePeer.ts"
export { Asked, NoPeers } from "./sources/NoPeers.ts"
export { StorageError } from "./storage/StorageError.ts"
export { InvalidTorrent } from "./InvalidTorrent.ts"
export type { Link } from "./peer/Link.ts"
export * as Pace from "./probe/Pace.ts"
export { type Asker, Filling } from "./pieces/Filling.ts"
export { PiecePlan, type Supplies } from "./pieces/PiecePlan.ts"
export {
  type Checked,
  type FoundFile,
  type LeftOut,
  type OpenOptions,
  PieceStore,
  type StoredTorrent,
  type Verdict,
} from "./storage/PieceStore.ts"
export { probe, type ProbeOptions } from "./probe/probe.ts"
export { ProbeEvent } from "./probe/ProbeEvent.ts"
export { type Arrival, Requests } from "./pieces/Requests.ts"
export * as Self from "./peer/Self.ts"
export { namedPeer, type PeerSource } from "./sources/Sources.ts"
export { survey, type SurveyOptions } from "./survey.ts"
export { SurveyEvent } from "./SurveyEvent.ts"
export { Torrent } from "./Torrent.ts"
export * as Announcer from "./sources/trackers/Announcer.ts"
export { DatagramDialer } from "./sources/trackers/DatagramDialer.ts"
export { isLocal } from "./sources/trackers/localAddress.ts"
export { type Announcement, Tracker, type TrackerOptions } from "./sources/trackers/Tracker.ts"
export { inWords as trackerProblemInWords, TrackerFailed, TrackerProblem } from "./sources/trackers/TrackerFailed.ts"
export { Unchoke } from "./Unchoke.ts"
export { UnsupportedTorrent } from "./UnsupportedTorrent.ts"
export * as Wire from "./peer/Wire.ts"
export { tally, verdictInWords } from "./peer/verdictInWords.ts"

/**
 * The engine, with nothing in it of any machine: `Unchoke` downloads, seeds and probes over ports that are provided (`Dialer`, `PieceStore`, `Tracker` and, where others
 * are to reach us, `Listener`). `@unchoke/node` has them for Node, `@unchoke/testkit` in memory.
 */
export type { Approach, Errand } from "./peer/Approach.ts"
export * as Deadlines from "./peer/Deadlines.ts"
export { Dialer } from "./peer/Dialer.ts"
export * as Metrics from "./observe/Metrics.ts"
export * as Encryption from "./peer/encryption/Encryption.ts"
export { Descriptions } from "./storage/Descriptions.ts"
export type { DescribeOptions } from "./describeLink.ts"
export type { DownloadError, LinkDownloadError } from "./download.ts"
export type { DownloadOptions, FilesWanted, SeedGoal, SeedOptions, Sharing, Strategy } from "./swarm/DownloadOptions.ts"
export { CannotRead } from "./swarm/CannotRead.ts"
export type { FileRange } from "./swarm/Readers.ts"
export type { OpenTorrent } from "./open.ts"
export { AlreadyRunning } from "./swarm/AlreadyRunning.ts"
export type { SessionOptions } from "./swarm/Session.ts"
export type { SeedError } from "./seed.ts"
export { type Incoming, Listener, ListenFailed } from "./peer/Listener.ts"
export { DownloadEvent } from "./DownloadEvent.ts"
export { Standing } from "./peer/Terms.ts"
export * from "./peer/errors.ts"
export { NoSuitablePeer } from "./probe/NoSuitablePeer.ts"
export * as Unasked from "./sources/Unasked.ts"
export { Asked, NoPeers } from "./sources/NoPeers.ts"
export type { Lent } from "./swarm/Loan.ts"
export { StorageError } from "./storage/StorageError.ts"
export { fetchTorrent, type FetchOptions } from "./fetchTorrent.ts"
export { TorrentNotFetched } from "./TorrentNotFetched.ts"
export { InvalidLink } from "./InvalidLink.ts"
export { InvalidTorrent } from "./InvalidTorrent.ts"
export { InvalidOption } from "./InvalidOption.ts"
export { NothingChosen } from "./NothingChosen.ts"
export { chosen, selected } from "./chosen.ts"
export { type Choosable, FileChoice } from "./FileChoice.ts"
export {
  type Checked,
  type FileStamp,
  type FoundFile,
  type LeftOut,
  type OpenOptions,
  PieceStore,
  type StoredTorrent,
  type Verdict,
} from "./storage/PieceStore.ts"
export * as Progress from "./progress/Progress.ts"
export * as Tally from "./progress/Tally.ts"
export { probe, type ProbeOptions } from "./probe.ts"
export { ProbeEvent } from "./probe/ProbeEvent.ts"
export { DhtSource } from "./sources/DhtSource.ts"
export { Origin } from "./sources/Origin.ts"
export { type Heard, type Membership, Multicast, MulticastFailed } from "./sources/local/Multicast.ts"
export { addressesOf, type Found, namedPeer, once, type PeerSource, type Seeker } from "./sources/PeerSource.ts"
export type { LinkSurveyOptions, SurveyOptions } from "./SurveyOptions.ts"
export { SurveyEvent } from "./SurveyEvent.ts"
export type { Created, CreationEvent, Omission } from "./CreationEvent.ts"
export { Uncreatable } from "./Uncreatable.ts"
export { Torrent } from "./Torrent.ts"
export { DatagramDialer } from "./sources/trackers/DatagramDialer.ts"
export { type Announcement, Tracker, type TrackerOptions } from "./sources/trackers/Tracker.ts"
export { inWords as trackerProblemInWords, TrackerFailed, TrackerProblem } from "./sources/trackers/TrackerFailed.ts"
export { Unchoke } from "./Unchoke.ts"
export { UnsupportedTorrent } from "./UnsupportedTorrent.ts"
export { tally, verdictInWords } from "./peer/verdictInWords.ts"
export { inWords as webProblemInWords, WebProblem, WebSeedFailed } from "./sources/web/WebProblem.ts"
export * as HttpWebServer from "./sources/web/HttpWebServer.ts"
export { WebDialer } from "./sources/web/WebDialer.ts"
export { type Body, type FilePart, type Lane, WebServer } from "./sources/web/WebServer.ts"

export { Availability, type Copies, type Holding } from "./pieces/Availability.ts"
export * as Choker from "./swarm/Choker.ts"
export * as Gate from "./swarm/Gate.ts"
export { type Crowd, MakingRoom, type Occupant } from "./swarm/MakingRoom.ts"
export { Line, Rate, type Turn } from "./swarm/Rates.ts"
export * as Slots from "./swarm/Slots.ts"
export { Candidates } from "./sources/Candidates.ts"
export { type Choice, choosePeer, type ChooseOptions } from "./probe/choosePeer.ts"
export * as Deadlines from "./peer/Deadlines.ts"
export type { Approach, Errand } from "./peer/Approach.ts"
export { Dialer } from "./peer/Dialer.ts"
export * as Encryption from "./peer/encryption/Encryption.ts"
export { Descriptions } from "./storage/Descriptions.ts"
export {
  describeLink,
  download,
  type DownloadError,
  downloadLink,
  type LinkDownloadError,
  peersIn,
} from "./download.ts"
export type { DownloadOptions, SeedGoal, SeedOptions, Sharing, Strategy } from "./swarm/DownloadOptions.ts"
export { AlreadyRunning } from "./swarm/AlreadyRunning.ts"
export * as Reception from "./swarm/Reception.ts"
export { Session, type SessionOptions } from "./swarm/Session.ts"
export { seed, type SeedError } from "./seed.ts"
export type { Wishes } from "./pieces/Wishes.ts"
export { type Incoming, Listener, ListenFailed } from "./peer/Listener.ts"
export { DownloadEvent } from "./DownloadEvent.ts"
export { Standing } from "./peer/Terms.ts"
export * from "./peer/errors.ts"
export { NoSuitablePeer } from "./probe/NoSuitablePeer.ts"
export { Asked, NoPeers } from "./sources/NoPeers.ts"
export type { Lent } from "./swarm/Loan.ts"
export { Shelf, type ShelvedTorrent, type TorrentShelf, type Wanted } from "./swarm/Shelf.ts"
export { StorageError } from "./storage/StorageError.ts"
export { InvalidTorrent } from "./InvalidTorrent.ts"
export { accept, type Caller } from "./peer/accept.ts"
export type { Link } from "./peer/Link.ts"
export * as Pace from "./probe/Pace.ts"
export { type Asker, Filling } from "./pieces/Filling.ts"
export { PiecePlan, type Supplies } from "./pieces/PiecePlan.ts"
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
export { probe, type ProbeOptions } from "./probe/probe.ts"
export { ProbeEvent } from "./probe/ProbeEvent.ts"
export { longestOrder, mostOrders, type Order, Orders, type Refusal, type Stock } from "./pieces/Orders.ts"
export { type Arrival, Requests } from "./pieces/Requests.ts"
export * as Self from "./peer/Self.ts"
export { type PublicInfoHash, publicInfoHash } from "./sources/PublicInfoHash.ts"
export { DhtSource } from "./sources/DhtSource.ts"
export { Origin } from "./sources/Origin.ts"
export { type Heard, type Membership, Multicast, MulticastFailed } from "./sources/local/Multicast.ts"
export { addressesOf, type Found, namedPeer, once, type PeerSource, type Seeker } from "./sources/PeerSource.ts"
export { survey, type SurveyOptions } from "./survey.ts"
export { SurveyEvent } from "./SurveyEvent.ts"
export type { Created, CreationEvent, Omission } from "./CreationEvent.ts"
export { Uncreatable } from "./Uncreatable.ts"
export { Torrent } from "./Torrent.ts"
export { allowedFast } from "./peer/allowedFast.ts"
export * as Announcer from "./sources/trackers/Announcer.ts"
export { DatagramDialer } from "./sources/trackers/DatagramDialer.ts"
export { isLocal } from "./sources/trackers/localAddress.ts"
export { type Announcement, Tracker, type TrackerOptions } from "./sources/trackers/Tracker.ts"
export { inWords as trackerProblemInWords, TrackerFailed, TrackerProblem } from "./sources/trackers/TrackerFailed.ts"
export { Unchoke } from "./Unchoke.ts"
export { UnsupportedTorrent } from "./UnsupportedTorrent.ts"
export * as Wire from "./peer/Wire.ts"
export { tally, verdictInWords } from "./peer/verdictInWords.ts"
export { inWords as webProblemInWords, WebProblem, WebSeedFailed } from "./sources/web/WebProblem.ts"
export { WebDialer } from "./sources/web/WebDialer.ts"
export * as HttpWebServer from "./sources/web/HttpWebServer.ts"
export { type Body, type FilePart, type Lane, WebServer } from "./sources/web/WebServer.ts"

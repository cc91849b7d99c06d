export { Candidates } from "./Candidates.ts"
export { type Choice, choosePeer, type ChooseOptions, type Strategy } from "./choosePeer.ts"
export * as Deadlines from "./Deadlines.ts"
export { Dialer } from "./Dialer.ts"
export { download, type DownloadError, type DownloadOptions } from "./download.ts"
export { DownloadEvent } from "./DownloadEvent.ts"
export * from "./errors.ts"
export { InvalidTorrent } from "./InvalidTorrent.ts"
export type { Link } from "./Link.ts"
export * as Pace from "./Pace.ts"
export { type Asker, Filling } from "./Filling.ts"
export { PiecePlan, type Supplies } from "./PiecePlan.ts"
export {
  type Checked,
  type FoundFile,
  type LeftOut,
  type OpenOptions,
  PieceStore,
  type StoredTorrent,
  type Verdict,
} from "./PieceStore.ts"
export { probe, type ProbeOptions } from "./probe.ts"
export { ProbeEvent } from "./ProbeEvent.ts"
export { type Arrival, Requests } from "./Requests.ts"
export * as Self from "./Self.ts"
export { namedPeer, type PeerSource } from "./Sources.ts"
export { survey, type SurveyOptions } from "./survey.ts"
export { SurveyEvent } from "./SurveyEvent.ts"
export { Torrent } from "./Torrent.ts"
export * as Announcer from "./trackers/Announcer.ts"
export { DatagramDialer } from "./trackers/DatagramDialer.ts"
export { isLocal } from "./trackers/localAddress.ts"
export { type Announcement, Tracker, type TrackerOptions } from "./trackers/Tracker.ts"
export { inWords as trackerProblemInWords, TrackerFailed, TrackerProblem } from "./trackers/TrackerFailed.ts"
export { Unchoke } from "./Unchoke.ts"
export { UnsupportedTorrent } from "./UnsupportedTorrent.ts"
export * as Wire from "./Wire.ts"
export { tally, verdictInWords } from "./verdictInWords.ts"

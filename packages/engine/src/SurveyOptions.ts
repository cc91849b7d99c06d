import type { NetAddress } from "effect/net"
import type * as Deadlines from "./peer/Deadlines.ts"
import type { PeerSource } from "./sources/PeerSource.ts"
import type { DownloadOptions, FilesWanted } from "./swarm/DownloadOptions.ts"

/** Whom a survey asks, and how long it waits for each. */
export interface SurveyOptions {
  /** Peers known beforehand. */
  readonly peers?: ReadonlyArray<NetAddress.InetAddress> | undefined
  /** Further places where peers are found. */
  readonly sources?: ReadonlyArray<PeerSource> | undefined
  /** Whether the torrent's trackers are asked (default: yes). */
  readonly trackers?: boolean | undefined
  /** Whether peers tell us of others while we wait for them (default: yes; never for a private torrent). */
  readonly pex?: boolean | undefined
  /** Whether it is looked for in the DHT (default: yes, where there is one; never for a private torrent). */
  readonly dht?: boolean | undefined
  /** Whether it is asked in the local network who has the torrent (default: yes; never for a private torrent). */
  readonly lsd?: boolean | undefined
  /** Whether the torrent's web seeds are asked for a few bytes (default: yes). */
  readonly webSeeds?: boolean | undefined
  /** The files that are wanted: who has all their pieces has everything that we need (default: all). */
  readonly files?: FilesWanted | undefined
  /** Deadlines that differ from those of a race. */
  readonly deadlines?: Deadlines.Given | undefined
}

/** Of a link, what else there is to say. */
export interface LinkSurveyOptions extends SurveyOptions {
  /** Where an earlier download may have left what the torrent is. */
  readonly folder: string
  /** Told what the torrent is, as soon as it is known. */
  readonly described?: DownloadOptions["described"]
}

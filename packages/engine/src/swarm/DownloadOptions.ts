/** What a download is asked for. */
import type { NetAddress } from "effect/net"
import type { Deadlines } from "../peer/Deadlines.ts"
import type { Strategy } from "../probe/choosePeer.ts"
import type { PeerSource } from "../sources/Sources.ts"

export interface DownloadOptions {
  /** The folder in which the torrent's file or folder appears. */
  readonly folder: string
  /** Peers known beforehand. */
  readonly peers?: ReadonlyArray<NetAddress.InetAddress> | undefined
  /** Further places where peers are found. */
  readonly sources?: ReadonlyArray<PeerSource> | undefined
  /** Whether the torrent's trackers are asked (default: yes). */
  readonly trackers?: boolean | undefined
  /** How the peer is chosen (default: a race). */
  readonly strategy?: Strategy | undefined
  /** Deadlines that differ from the strategy's. */
  readonly deadlines?: Partial<Deadlines> | undefined
  /** How many peers are downloaded from at once (default: 1). */
  readonly links?: number | undefined
  /** Whether everything that is there is read and hashed, rather than what may have changed since it was verified (default: no). */
  readonly recheck?: boolean | undefined
  /**
   * Whether files that are in the torrent's way and are not its own are replaced, each when its successor is complete (default: no, the download fails with a
   * `StorageError` that names the first).
   */
  readonly overwrite?: boolean | undefined
}

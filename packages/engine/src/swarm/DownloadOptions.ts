/** What a download is asked for. */
import type { Duration, Effect } from "effect"
import type { NetAddress } from "effect/net"
import type * as Deadlines from "../peer/Deadlines.ts"
import type { NothingChosen } from "../NothingChosen.ts"
import type { FileStamp } from "../storage/PieceStore.ts"
import type { Torrent } from "../Torrent.ts"
import type { Choosing } from "../probe/choosePeers.ts"
import type { PeerSource } from "../sources/PeerSource.ts"

/** From everybody who has something, or from one complete peer, which is chosen in a race or one after the other. */
export type Strategy = "swarm" | Choosing

/** What is given back, and to how many. */
export interface Sharing {
  /** The most peers that one is connected to for this torrent, at least one (default: 80). */
  readonly maxPeers?: number | undefined
  /** Bytes a second that are sent for this torrent; 0 serves nobody, and tells nobody that it might (default: no limit). */
  readonly uploadLimit?: number | undefined
}

/** When seeding ends: at the first of these; without any, when it is interrupted. */
export interface SeedGoal {
  /** Bytes sent, by the torrent's length: a number from 0 on. */
  readonly ratio?: number | undefined
  /** How long it is seeded. */
  readonly time?: Duration.Input | undefined
}

/**
 * Which files are wanted: their places in the torrent's list, from 0, or what finds them out when it is known what the torrent is; a place that is not in the list is refused (`InvalidOption`). Padding is never among them.
 */
export type FilesWanted =
  | ReadonlyArray<number>
  | ((torrent: Torrent) => Effect.Effect<ReadonlyArray<number>, NothingChosen>)

/** What a torrent is seeded from, when that ends, and who is told of it. */
export interface SeedOptions extends Sharing, SeedGoal {
  /** The folder in which the torrent's file or folder is. */
  readonly folder: string
  /** The files that are served (default: all that are there). */
  readonly files?: FilesWanted | undefined
  /** Peers known beforehand: they are called, since they may want something. */
  readonly peers?: ReadonlyArray<NetAddress.InetAddress> | undefined
  /** Further places where peers are found. */
  readonly sources?: ReadonlyArray<PeerSource> | undefined
  /** Whether the torrent's trackers are told of us (default: yes). */
  readonly trackers?: boolean | undefined
  /** Whether peers tell us of others, and we them (default: yes; never for a private torrent). */
  readonly pex?: boolean | undefined
  /** Whether it is looked for in the DHT, and told there who we are (default: yes, where there is one; never for a private torrent). */
  readonly dht?: boolean | undefined
  /** Whether it is asked and told in the local network who has the torrent (default: yes; never for a private torrent). */
  readonly lsd?: boolean | undefined
  /** Deadlines that differ from a swarm's. */
  readonly deadlines?: Deadlines.Given | undefined
  /** Whether everything that is there is read and hashed, rather than what may have changed since it was verified (default: no). */
  readonly recheck?: boolean | undefined
  /** How the files were when all of it was read from them (`Created`): what is still so is not read again. */
  readonly seen?: ReadonlyArray<FileStamp> | undefined
}

/** Where a torrent is downloaded to, what of it, from whom, and within which limits. */
export interface DownloadOptions extends Sharing {
  /** The folder in which the torrent's file or folder appears. */
  readonly folder: string
  /** The files that are fetched (default: those that a link names, BEP 53, or all). What is there of others stays, and what was verified is not fetched again. */
  readonly files?: FilesWanted | undefined
  /** Peers known beforehand. */
  readonly peers?: ReadonlyArray<NetAddress.InetAddress> | undefined
  /** Further places where peers are found. */
  readonly sources?: ReadonlyArray<PeerSource> | undefined
  /** Whether the torrent's trackers are asked (default: yes). */
  readonly trackers?: boolean | undefined
  /** Whether the torrent's web seeds are downloaded from (default: yes); in a race or a sequence when no peer is left. */
  readonly webSeeds?: boolean | undefined
  /** Told what the torrent is, as soon as that is known, of a download by a magnet link. */
  readonly described?: ((torrent: Torrent) => Effect.Effect<void>) | undefined
  /** Whether peers tell us of others, and we them (default: yes; never for a private torrent). */
  readonly pex?: boolean | undefined
  /** Whether it is looked for in the DHT, and told there who we are (default: yes, where there is one; never for a private torrent). */
  readonly dht?: boolean | undefined
  /** Whether it is asked and told in the local network who has the torrent (default: yes; never for a private torrent). */
  readonly lsd?: boolean | undefined
  /**
   * Whether pieces are fetched in the order of the data, of each peer the first that it has (default: no, the rarest first, which is better for everybody). Where somebody waits for what comes next, `Unchoke.open` is made for it.
   */
  readonly sequential?: boolean | undefined
  /** From whom (default: the swarm). */
  readonly strategy?: Strategy | undefined
  /** Bytes a second that are received for this torrent, at least one (default: no limit). */
  readonly downloadLimit?: number | undefined
  /** Goes on serving when all is there, until the goal is reached (default: ends). */
  readonly seed?: SeedGoal | undefined
  /** Deadlines that differ from the strategy's. */
  readonly deadlines?: Deadlines.Given | undefined
  /** In a race or a sequence: how many peers are downloaded from at once, at least one (default: 1). */
  readonly links?: number | undefined
  /** Whether everything that is there is read and hashed, rather than what may have changed since it was verified (default: no). */
  readonly recheck?: boolean | undefined
  /**
   * Whether files that are in the torrent's way and are not its own are replaced, each when its successor is complete (default: no, the download fails with a
   * `StorageError` that names the first).
   */
  readonly overwrite?: boolean | undefined
}

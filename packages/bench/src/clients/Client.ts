/** A program that downloads torrents, as the benchmarks start it. */
import type { Effect, FileSystem, PlatformError } from "effect"
import type { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import type { Programs } from "../Programs.ts"
import type { Shape } from "../Shape.ts"
import type { Peer, Swarm } from "../Swarm.ts"
import type { Way } from "../Way.ts"

/** What a client is told to do. */
export interface Job {
  /** Path of the torrent, or the link: see Way.ts. */
  readonly torrent: string
  readonly infoHash: string
  /** A node of the DHT, as `address:port`, where peers are found by it alone: it is off everywhere else. */
  readonly entrance?: string | undefined
  readonly shape: Shape
  /** Path of a file with the SHA-1 of each piece, one after the other. */
  readonly hashes: string
  /** What the tracker answers; only the reference receivers look at it. */
  readonly swarm: Swarm
  /** Where a client that joins the swarm can be called. */
  readonly address: string
  /** Whether all of the torrent is there already. */
  readonly complete: boolean
  /** A folder in which the torrent's file or folder has to appear; empty, unless some of it is there already. */
  readonly output: string
  /** Where the file or folder is that a torrent is to be made of: the torrent goes to `output`, as `madeName`. */
  readonly source: string
  /** An empty folder for the client's own files. */
  readonly home: string
  /** The URL of a collector of telemetry (OTLP over HTTP). */
  readonly collector: string
}

/** A program and how it shows that its work is done: it ends, or it makes the file `marker`. */
export interface Launch {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  readonly marker?: string
}

type Prepared = Effect.Effect<Launch, PlatformError.PlatformError, FileSystem.FileSystem | Programs>

export interface Client {
  /** As in `--clients`. */
  readonly name: string
  /** As in tables and charts. */
  readonly title: string
  /** Not a competitor, but a mark to read the others by. */
  readonly reference?: true
  /** The tracker names only a good peer to it. */
  readonly alone?: true
  /** What somebody does to it all the time while it runs. */
  readonly beside?: Effect.Effect<never>
  /** Leaves nothing on the disk that could be compared. */
  readonly forgets?: true
  /** What it was told beyond "download this", and why; one sentence. */
  readonly settings: string
  /** Its version; `undefined` where it is not installed. */
  readonly version: Effect.Effect<string | undefined, never, ChildProcessSpawner>
  /** What to install for it. */
  readonly from: string
  readonly download?: (job: Job) => Prepared
  /** By what it cannot find a torrent and its peers, and why. */
  readonly cannot?: Readonly<Partial<Record<Way, string>>>
  /**
   * Takes part in the swarm until it is killed, and can be called at `port`: checks what is there of the torrent in `output`, fetches what is missing and the tracker has peers for, gives
   * to whoever asks. Never makes a marker.
   */
  readonly join?: (job: Job) => Prepared
  /** Makes a torrent of `source`, with pieces as long as the shape's, by `threads` threads as far as it can. */
  readonly create?: (job: Job) => Prepared
  /** Says of every peer whether it would give us the file. */
  readonly probe?: (job: Job) => Prepared
  /** Prints what is in the torrent. */
  readonly show?: (torrent: string) => Launch
  /** Prints its version. */
  readonly printVersion?: Launch
}

/** What a torrent that is made is called. */
export const madeName = "made.torrent"

/** By so many threads it is made, where one can say. */
export const threads = 2

/** Where a client that joins a swarm can be called: not where loadgen's peers listen, who would have it to themselves. */
export const port = 6882

/** The first peer of a list that gives everything at once. */
export const goodPeer = (swarm: Swarm): Peer => swarm.find(({ mode }) => mode === "good") ?? (swarm[0] as Peer)

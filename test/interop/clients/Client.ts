/** A BitTorrent client of somebody else's. */
import type { Effect, FileSystem, PlatformError, Scope } from "effect"
import type { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import type { Daemon, ProcessFailed } from "../Process.ts"
import type { Tool } from "../Tool.ts"

export interface Client {
  readonly name: string
  readonly tools: ReadonlyArray<Tool>
  /** The loopback address it listens on: its own, so that no two clients meet. */
  readonly host: string
  /** How the name begins that it gives itself on the wire, before its version. */
  readonly introduction: string
  /**
   * Starts it quietly (no DHT, no local discovery, no peer exchange, no port mapping) until the scope closes: it looks at what is in its folder, serves
   * that, and downloads the rest. It has to check the data and to announce itself before it is of use: the tracker says when.
   */
  readonly join: (swarm: {
    /** Torrent files, and magnet links. */
    readonly torrents: ReadonlyArray<string>
    /** The folder in which each torrent's file or folder is, or will be. */
    readonly dataFolder: string
    readonly host: string
    readonly port: number
    /** An empty folder for the client's own files. */
    readonly home: string
    /** Bytes a second that it sends at most; unlimited where there is none. Multiples of 1 KiB. */
    readonly uploadLimit?: number
    /** Speaks to nobody but behind an encrypted handshake, and RC4 from there on (default: as it does by itself). */
    readonly encrypts?: boolean
  }) => Effect.Effect<
    Daemon,
    PlatformError.PlatformError | ProcessFailed,
    ChildProcessSpawner | FileSystem.FileSystem | Scope.Scope
  >
}

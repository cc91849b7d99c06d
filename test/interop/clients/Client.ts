/** A BitTorrent client of somebody else's, as a seeder. */
import type { Effect, FileSystem, PlatformError, Scope } from "effect"
import type { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import type { Daemon } from "../Process.ts"
import type { Tool } from "../Tool.ts"

export interface Client {
  readonly name: string
  readonly tools: ReadonlyArray<Tool>
  /** The loopback address it listens on: its own, so that no two clients meet. */
  readonly host: string
  /** How the name begins that it gives itself on the wire, before its version. */
  readonly introduction: string
  /**
   * Starts it as a quiet seeder (no DHT, no local discovery, no peer exchange, no port mapping) that lives until the scope closes. It has to
   * check the data and to announce itself before it is of use: the tracker says when.
   */
  readonly seed: (swarm: {
    readonly torrents: ReadonlyArray<string>
    /** The folder in which each torrent's file or folder already is. */
    readonly dataFolder: string
    readonly host: string
    readonly port: number
    /** An empty folder for the client's own files. */
    readonly home: string
  }) => Effect.Effect<Daemon, PlatformError.PlatformError, ChildProcessSpawner | FileSystem.FileSystem | Scope.Scope>
}

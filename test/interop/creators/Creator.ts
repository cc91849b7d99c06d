/** A program that makes torrents out of files. */
import type { Effect, PlatformError } from "effect"
import type { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import type { ProcessFailed } from "../Process.ts"
import type { Tool } from "../Tool.ts"

export interface Creator {
  readonly name: string
  readonly tools: ReadonlyArray<Tool>
  /** Whether a file without bytes is listed in the torrent at all. */
  readonly listsEmptyFiles: boolean
  readonly create: (torrent: {
    /** The file or folder to make a torrent of. */
    readonly source: string
    /** The `.torrent` to write. */
    readonly output: string
    readonly trackers: ReadonlyArray<string>
    /** Bytes, a power of two. */
    readonly pieceLength: number
    readonly private: boolean
  }) => Effect.Effect<void, ProcessFailed | PlatformError.PlatformError, ChildProcessSpawner>
}

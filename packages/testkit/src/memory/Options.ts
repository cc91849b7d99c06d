import type { StorageError } from "@unchoke/engine"
import type { Duration } from "effect"

/** What the disk is like. */
export interface Options {
  /** What is on the disk already, by path: `folder/name/file`. */
  readonly files?: Readonly<Record<string, Uint8Array>>
  /** How many buffers each open torrent has; 4 unless given. */
  readonly buffers?: number
  /** How long a write takes; no time unless given. */
  readonly delay?: Duration.Input
  /** How long a read takes; no time unless given. */
  readonly readDelay?: Duration.Input
  /** What the `write`th write of all (from 1) fails with, if it shall fail. */
  readonly fail?: (write: number, piece: number) => StorageError | undefined
}

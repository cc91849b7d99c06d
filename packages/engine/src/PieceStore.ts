/**
 * The port to the disk: what is already there, and where verified pieces go.
 *
 * Invariant: a piece is reported as stored only after its hash was right and the write has returned.
 */
import { Context, type Effect, type Scope, type Stream } from "effect"
import type { StorageError } from "./errors.ts"
import type { Torrent } from "./Torrent.ts"

/** What became of a filled piece: written, or thrown away because its hash was wrong. */
export type Verdict = "stored" | "corrupt"

/** A piece that was looked at on the disk, and whether it is there and right. */
export interface Checked {
  readonly piece: number
  readonly present: boolean
}

/** One torrent's data below one folder. */
export interface StoredTorrent {
  /** Looks at every piece on the disk, ascending. Creates nothing; what does not exist is not present. */
  readonly check: Stream.Stream<Checked, StorageError>
  /** The same, but what is remembered from an earlier download is believed, as far as the files were not changed since. Creates nothing either. */
  readonly resume: Stream.Stream<Checked, StorageError>
  /**
   * Creates the folders and files that are missing, and sizes them. Called once, before the first `write`; a store remembers what is written only behind a look
   * at every piece (`check` or `resume`). A store may leave files that do not exist yet to their first write, when there are very many.
   */
  readonly prepare: Effect.Effect<void, StorageError>
  /**
   * Lends a buffer that holds a whole piece (it may be larger), or `undefined` while all are out: then nothing more is asked of the peers until one
   * comes back. At least one is always to be had when none is out.
   */
  readonly lend: () => Uint8Array | undefined
  /** Takes back a buffer that will not be written. */
  readonly giveBack: (buffer: Uint8Array) => void
  /**
   * Verifies the piece in a lent buffer (its first `pieceSize` bytes) and, when its hash is right, writes it; takes the buffer back in any case.
   * A short write is an error.
   */
  readonly write: (piece: number, buffer: Uint8Array) => Effect.Effect<Verdict, StorageError>
}

export class PieceStore extends Context.Service<
  PieceStore,
  {
    /** Opens the torrent's data below `folder`; nothing outside it is ever touched. Files and workers are released with the scope. */
    readonly open: (torrent: Torrent, folder: string) => Effect.Effect<StoredTorrent, StorageError, Scope.Scope>
  }
>()("unchoke/PieceStore") {}

/**
 * The port to the disk: what is already there, where verified pieces go, and where they come from when we serve.
 *
 * Invariant: a piece is reported as stored only after its hash was right and the write has returned.
 */
import { Context, type Effect, type Scope, type Stream } from "effect"
import type { StorageError } from "./StorageError.ts"
import type { FileChoice } from "../FileChoice.ts"
import type { Torrent } from "../Torrent.ts"

/** What became of a filled piece: written, or thrown away because its hash was wrong. */
export type Verdict = "stored" | "corrupt"

/** A piece that was looked at on the disk, and whether it is there and right. */
export interface Checked {
  readonly piece: number
  readonly present: boolean
  /** The file that the disk could not read where the piece lies: a bad sector. */
  readonly unreadable?: string
}

/** What is in the place of one of the torrent's files. */
export interface FoundFile {
  /** Where it is, or would be: a name that the disk refuses is another one there. */
  readonly path: string
  /** In bytes; `undefined` when nothing is there. */
  readonly size: number | undefined
  /** Whether the disk does not even tell whether something is there: no permission, or an error of it (default: no). */
  readonly unreadable?: boolean
  /** Whether it has the name for what is not complete yet. */
  readonly unfinished: boolean
  /** Whether it was wanted by the last download into this folder, as far as that is remembered. */
  readonly chosen: boolean
  /** Of a symbolic link: whether it is one, and leads where the torrent says. */
  readonly linked: boolean
}

/** A symbolic link of the torrent's that was not made, and why. */
export interface LeftOut {
  readonly path: string
  readonly why: "it leads out of the torrent" | "something else is there" | "the disk refuses"
}

/** How a file is on the disk: while it is so, nobody has changed it. */
export interface FileStamp {
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970: when what is in it was changed, when anything of it was, and when it was made (0 where nobody knows). */
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly birthMs: number
  readonly ino: number
}

/** What is known beforehand of what is on the disk, and what may be done with it. */
export interface OpenOptions {
  /** Whether it is only looked at and read: then there is no memory to put pieces together in (default: no). */
  readonly readOnly?: boolean | undefined
  /** How the torrent's files were, in their order, when all of the torrent was read from them: what is still so need not be read again. A store may ignore it. */
  readonly seen?: ReadonlyArray<FileStamp> | undefined
  /** Whether what is in a file's place, and is not this torrent's, is replaced (default: no). */
  readonly overwrite?: boolean | undefined
  /** The files that are wanted (default: all). */
  readonly choice?: FileChoice | undefined
}

/**
 * One torrent's data below one folder.
 *
 * A file that needs more than one piece is called `<name>.part` until all of it is right. What is there under the torrent's names is this torrent's when it
 * was made for it, or when a piece that lies in it is right; nothing else is ever written to, cut or replaced, unless one asks for it (`OpenOptions`).
 *
 * A file that is not chosen is not created. Where a piece lies across its border, its bytes are kept in one file beside the record, and they come to the file when
 * that is chosen, by `prepare`. What is there of a file that was chosen once stays, and is written to in its place; what is there of somebody else's is in nobody's way.
 */
export interface StoredTorrent {
  /**
   * Keeps others away until the scope ends; fails with "in use" when somebody else does, in this process or another of this machine. Creates no folder: where
   * there is none yet, it is `prepare` that does it.
   */
  readonly lock: Effect.Effect<void, StorageError>
  /** Looks at every piece on the disk, ascending. Creates nothing; what does not exist is not present. */
  readonly check: Stream.Stream<Checked, StorageError>
  /** The same, but what is remembered from an earlier download is believed, as far as the files were not changed since. Creates nothing either. */
  readonly resume: Stream.Stream<Checked, StorageError>
  /** What is in each file's place, in the order of the torrent's files. */
  readonly found: Effect.Effect<ReadonlyArray<FoundFile>, StorageError>
  /**
   * Whether everything that is in a file's place is this torrent's, as far as the look before has shown it; fails with "not this torrent's" otherwise. Changes
   * nothing. A file that only shares its pieces with others may be found out later, by the `write` that would change it.
   */
  readonly claim: Effect.Effect<void, StorageError>
  /**
   * Makes everything ready for `write`, and finishes what is complete already; does nothing where nothing is missing. Called once, before the first `write`; it
   * begins with `lock` and `claim`. A store remembers what is written only behind a look at every piece (`check` or `resume`). It may leave files that do
   * not exist yet to their first write. Where nothing of the torrent was there, and no piece has become right by the end of the scope, whatever was made is
   * gone again.
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
  /** Nothing is lent or written any more, and what is lent is not used: gives up what was there for that. */
  readonly retire: Effect.Effect<void>
  /**
   * Fills the parts of `into`, one after the other, with the torrent's bytes from `begin` on within `piece`; they may run on into the following pieces, and end within the torrent. All of these
   * pieces are verified ones: what else would be read is nobody's promise. Padding is zeros. Nothing is created or written, and nothing needs to be prepared
   * or locked. Fails with the path of a file that is gone, was cut, or was changed by somebody else since it was looked at; then `into` holds rubbish.
   * It is not touched any more when this has ended, however it did.
   */
  readonly read: (piece: number, begin: number, into: ReadonlyArray<Uint8Array>) => Effect.Effect<void, StorageError>
  /** Makes the torrent's symbolic links, when all else is there; returns those that were left out. */
  readonly link: Effect.Effect<ReadonlyArray<LeftOut>>
}

/** Provides the disk. Every failure of it is a `StorageError` with the path and what was tried. */
export class PieceStore extends Context.Service<
  PieceStore,
  {
    /** Opens the torrent's data below `folder`; nothing outside it is ever touched. Files and workers are released with the scope. */
    readonly open: (
      torrent: Torrent,
      folder: string,
      options?: OpenOptions,
    ) => Effect.Effect<StoredTorrent, StorageError, Scope.Scope>
  }
>()("unchoke/PieceStore") {}

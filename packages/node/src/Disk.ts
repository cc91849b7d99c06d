/**
 * What the piece store asks of the thread that touches the files, and what it gets back: plain data, so that it crosses to a worker.
 */

/** Where a torrent's bytes lie on the disk. */
export interface Layout {
  /** The download folder, absolute. */
  readonly folder: string
  /** What separates the segments of a path here. */
  readonly separator: string
  /**
   * The number of the file behind those of the torrent, beside the record: what pieces that lie across a border have of files that are not chosen (see `PieceSpans`).
   */
  readonly border: number
  /** The files' paths below `folder`, joined by NUL: one string crosses to a worker faster than a hundred thousand. */
  readonly paths: string
  /** For each file whose unfinished name is not its name with `.part` behind it: that name. */
  readonly partNames: ReadonlyMap<number, string>
  /** For each file whose path some disks refuse: another one that all of them take. */
  readonly safePaths: ReadonlyMap<number, string>
  /** A byte for each file, shared between the threads: what `filePlaces` knows of it. */
  readonly places: SharedArrayBuffer
  /** Shared between the threads: what `missingPieces` counts. */
  readonly missing: SharedArrayBuffer
  /** The files' lengths in bytes; -1 for a padding file or a link, which have no bytes on the disk. Of the border's file the most that it can have. */
  readonly lengths: Float64Array
  /** SHA-1 of each piece, one after the other. */
  readonly hashes: Uint8Array
  /** The memory that lent buffers are slices of, shared between the threads. */
  readonly buffers: SharedArrayBuffer
  /** Where it is remembered what is stored (see `ResumeRecord`), absolute. */
  readonly record: string
  /**
   * Floats, shared between the threads: of each file its mtime and ctime in milliseconds, its inode and its birth time (ms) as we left it, 0 while that is not known; at
   * the end the record's inode, and 1 when the record is not to be continued.
   */
  readonly stamps: SharedArrayBuffer
}

/**
 * Pieces, one after the other: the piece, its length, where its lent buffer begins in `buffers`, how many spans it has, and for each span the file (-1:
 * zeros), the place within the file, the place within the piece, and the length. All in bytes.
 */
export type Jobs = Float64Array

export type Request =
  /** Takes a step with each of these files, before anything is written to it or when all of it is there. */
  | { readonly kind: Step; readonly files: ReadonlyArray<number> }
  /** Is each piece there and right? */
  | { readonly kind: "check"; readonly jobs: Jobs }
  /** Verifies each piece that is not among the `verified` ones, and writes it when its hash is right. */
  | { readonly kind: "write"; readonly jobs: Jobs; readonly verified: ReadonlyArray<number> }
  /** Is each file as we left it? */
  | { readonly kind: "inspect"; readonly files: ReadonlyArray<number> }
  /** Makes a file with what there is of it in the border's: bytes of so many `length`s `from` there `to` here, one after the other. */
  | { readonly kind: "bring"; readonly file: number; readonly parts: Float64Array }
  /** Has the file nothing but zeros in so many bytes from `start` on, as far as it goes? */
  | { readonly kind: "hollow"; readonly file: number; readonly start: number; readonly length: number }

/**
 * - `folders`: makes the folders that lead to the file
 * - `make`: creates the file, where nothing is
 * - `adopt`: goes on with what is there: under the unfinished name, in its length, and written to by nobody else through another name
 * - `renew`: puts a new file in the place of what has the unfinished name
 * - `trim`: cuts off what is behind the length of a file that is complete
 * - `single`: takes its unfinished name from a file that has both
 * - `finish`: gives a complete file its name
 */
export type Step = "folders" | "make" | "adopt" | "renew" | "trim" | "single" | "finish"

/** What a system call refused. */
export interface Fault {
  readonly operation: "open" | "create" | "read" | "write" | "resize"
  readonly path: string
  /** The errno, or one of our own: `ESHORT`, `EOUTSIDE`, `ECHANGED`, `ENOTFILE`, `EFOREIGN`. */
  readonly code: string
  readonly message: string
  /** Of what is in the way, in bytes. */
  readonly size?: number | undefined
}

/** One answer per piece (present, or stored) or file (as we left it), and one for anything else. */
export type Reply = ReadonlyArray<boolean | Fault>

/** Answers requests, each by one call of `done`, in the order of asking. */
export interface Disk {
  readonly submit: (request: Request, done: (reply: Reply) => void) => void
  /** A download is about to begin: what takes its time to start does so now. */
  readonly wake?: (() => void) | undefined
  /** Nothing is written any more. */
  readonly retire?: (() => void) | undefined
}

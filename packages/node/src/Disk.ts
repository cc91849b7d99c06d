/**
 * What the piece store asks of the thread that touches the files, and what it gets back: plain data, so that it crosses to a worker.
 */

/** Where a torrent's bytes lie on the disk. */
export interface Layout {
  /** The download folder, absolute. */
  readonly folder: string
  /** What separates the segments of a path here. */
  readonly separator: string
  /** The files' paths below `folder`, joined by NUL: one string crosses to a worker faster than a hundred thousand. */
  readonly paths: string
  /** The files' lengths in bytes; -1 for a padding file, which does not exist on the disk. */
  readonly lengths: Float64Array
  /** SHA-1 of each piece, one after the other. */
  readonly hashes: Uint8Array
  /** The memory that lent buffers are slices of, shared between the threads. */
  readonly buffers: SharedArrayBuffer
  /** Where it is remembered what is stored (see `ResumeRecord`), absolute. */
  readonly record: string
  /**
   * Floats, shared between the threads: of each file its mtime and ctime in milliseconds as we left it, 0 while that is not known; at the end 1 when the
   * record is not to be continued.
   */
  readonly stamps: SharedArrayBuffer
}

/**
 * Pieces, one after the other: the piece, its length, where its lent buffer begins in `buffers`, how many spans it has, and for each span the file (-1:
 * zeros), the place within the file, the place within the piece, and the length. All in bytes.
 */
export type Jobs = Float64Array

export type Request =
  /** Creates what is missing of these files, and sizes them. */
  | { readonly kind: "prepare"; readonly files: ReadonlyArray<number> }
  /** Is each piece there and right? */
  | { readonly kind: "check"; readonly jobs: Jobs }
  /** Verifies each piece that is not among the `verified` ones, and writes it when its hash is right. */
  | { readonly kind: "write"; readonly jobs: Jobs; readonly verified: ReadonlyArray<number> }
  /** Is each file as we left it? */
  | { readonly kind: "inspect"; readonly files: ReadonlyArray<number> }

/** What a system call refused. */
export interface Fault {
  readonly operation: "open" | "create" | "read" | "write" | "resize"
  readonly path: string
  /** The errno, or one of our own: `ESHORT`, `EOUTSIDE`, `ECHANGED`, `ENOTFILE`. */
  readonly code: string
  readonly message: string
}

/** One answer per piece (present, or stored) or file (as we left it), and one for a whole `prepare`. */
export type Reply = ReadonlyArray<boolean | Fault>

/** Answers requests, each by one call of `done`, in the order of asking. */
export interface Disk {
  readonly submit: (request: Request, done: (reply: Reply) => void) => void
}

/**
 * A torrent's bytes, read to be served.
 *
 * They are read by Node's pool of threads, past the queue in which pieces wait to be written. The disk's thread may give a file its name meanwhile, so each
 * is looked for under both of its names. Invariants: what was read is right only if the file was, after that, still the one at its place and as it was left
 * (`fileStamps`); whoever is answered has its buffer for itself again; nothing is opened but for reading.
 */
import { Effect, type Scope } from "effect"
import type * as Fs from "node:fs"
import type { StorageError } from "@unchoke/engine"
import type { Fault } from "./Disk.ts"
import type { FileDescriptors } from "./fileDescriptors.ts"
import type { FilePlaces } from "./filePlaces.ts"
import type { FileStamps } from "./fileStamps.ts"
import type { InsideFolder } from "./insideFolder.ts"
import type { FileSpan, PieceSpans } from "./PieceSpans.ts"
import type { Opened, ReadDescriptors } from "./ReadDescriptors.ts"
import { toStorageError } from "./StorageFault.ts"
import { within } from "./within.ts"

export interface PieceReaderOptions {
  readonly fs: typeof Fs
  readonly spans: PieceSpans
  readonly places: FilePlaces
  readonly stamps: FileStamps
  readonly descriptors: FileDescriptors
  readonly inside: InsideFolder
  readonly opened: ReadDescriptors
  /** The number of the border's file. */
  readonly border: number
}

/** When the scope ends, what is being read is waited for, and its files are closed. */
export const make = (options: PieceReaderOptions): Effect.Effect<PieceReader, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new PieceReader(options)),
    (reader) => reader.close,
  )

export class PieceReader {
  readonly #fs: typeof Fs
  readonly #spans: PieceSpans
  readonly #places: FilePlaces
  readonly #stamps: FileStamps
  readonly #descriptors: FileDescriptors
  readonly #inside: InsideFolder
  readonly #opened: ReadDescriptors
  readonly #border: number
  readonly #files = new Map<number, Opened>()
  readonly #reads = new Set<Promise<void>>()
  #closed = false

  constructor({ border, descriptors, fs, inside, opened, places, spans, stamps }: PieceReaderOptions) {
    this.#fs = fs
    this.#spans = spans
    this.#places = places
    this.#stamps = stamps
    this.#descriptors = descriptors
    this.#inside = inside
    this.#opened = opened
    this.#border = border
  }

  /** Not to be interrupted: the system would go on filling the buffer. */
  readonly read = (piece: number, begin: number, into: ReadonlyArray<Uint8Array>): Effect.Effect<void, StorageError> =>
    Effect.uninterruptible(
      Effect.tryPromise({
        try: () => {
          const length = into.reduce((sum, part) => sum + part.length, 0)
          const reading = this.#fill(this.#spans.toRead(piece, begin, length), into)
          this.#reads.add(reading)
          return reading.finally(() => this.#reads.delete(reading))
        },
        catch: (error) => toStorageError(error as Error & Fault),
      }),
    )

  readonly close: Effect.Effect<void> = Effect.promise(async () => {
    this.#closed = true
    await Promise.allSettled(this.#reads)
    for (const opened of this.#files.values()) this.#opened.drop(opened)
  })

  async #fill(spans: ReadonlyArray<FileSpan>, into: ReadonlyArray<Uint8Array>): Promise<void> {
    for (const { at, file, length, start } of spans) {
      const parts = spans.length === 1 ? into : within(into, at, length)
      if (file < 0) for (const part of parts) part.fill(0)
      // Before a piece is written to a file for the first time, the file may have been put in another's place.
      else if (
        !(await this.#readSpan(file, start, length, parts)) &&
        !(await this.#readSpan(file, start, length, parts))
      ) {
        throw this.#changed(file, "there is another file in its place")
      }
    }
  }

  /** `false` when there is another file at the place by now. */
  async #readSpan(file: number, start: number, length: number, parts: ReadonlyArray<Uint8Array>): Promise<boolean> {
    const opened = this.#files.get(file) ?? (await this.#open(file))
    this.#opened.use(opened)
    try {
      let done = 0
      while (done < length) {
        const rest = done === 0 ? parts : within(parts, done)
        const count = await this.#readSome(file, opened.fd, start + done, rest)
        if (count === 0) break
        done += count
      }
      if (!this.#isInPlace(file, opened)) return false
      if (done < length) throw this.#changed(file, `it ends before byte ${start + length}`)
      return true
    } finally {
      this.#opened.giveBack(opened)
    }
  }

  #readSome(file: number, fd: number, start: number, parts: ReadonlyArray<Uint8Array>): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#fs.readv(fd, parts, start, (error, count) =>
        error === null ? resolve(count) : reject(this.#fault("read", file, this.#inside.codeOf(error), String(error))),
      )
    })
  }

  /** The system has it in its cache as long as the file is open, so this waits for no disk. */
  #isInPlace(file: number, opened: Opened): boolean {
    const isUnfinished = this.#places.is(file, "part") || file === this.#border
    const stat = this.#look(file)
    if (stat?.ino !== opened.ino) {
      this.#opened.drop(opened)
      if (stat === undefined) throw this.#gone(file)
      return false
    }
    // To an unfinished one we write ourselves.
    if (this.#stamps.isOwn(file, stat) && (isUnfinished || !this.#stamps.isTouched(file, stat))) return true
    throw this.#changed(file, "it is not as it was left")
  }

  #look(file: number): Fs.Stats | undefined {
    for (const path of this.#namesOf(file)) {
      const stat = this.#inside.system("read", path, () => this.#fs.statSync(path, { throwIfNoEntry: false }))
      if (stat !== undefined) return stat
    }
    return undefined
  }

  async #open(file: number): Promise<Opened> {
    if (this.#closed) throw this.#fault("open", file, "ECLOSED", "the torrent was closed")
    // The pool waits for the disk here, so that opening, in this thread, does not.
    const path = this.#places.absolute(file)
    await new Promise((resolve) => this.#fs.stat(path, resolve))
    return this.#files.get(file) ?? this.#openNow(file)
  }

  #openNow(file: number): Opened {
    for (const path of this.#namesOf(file)) {
      const fd = this.#openPath(file, path)
      if (fd === undefined) continue
      const stat = this.#inside.system("open", path, () => this.#fs.fstatSync(fd))
      const forget = () => void this.#files.delete(file)
      const opened: Opened = { fd, ino: stat.ino, readers: 0, dropped: false, forget }
      this.#files.set(file, opened)
      if (stat.isFile()) return opened
      this.#opened.drop(opened)
      throw this.#fault("open", file, stat.isDirectory() ? "EISDIR" : "ENOTFILE", "it is no file")
    }
    throw this.#gone(file)
  }

  #openPath(file: number, path: string): number | undefined {
    try {
      return this.#descriptors.openToRead(file, path)
    } catch (error) {
      const { code } = error as Fault
      if ((code === "EMFILE" || code === "ENFILE") && this.#opened.dropIdle()) return this.#openPath(file, path)
      throw error
    }
  }

  #fault(operation: Fault["operation"], file: number, code: string, message: string): Error & Fault {
    return this.#inside.fault(operation, this.#places.absolute(file), code, message)
  }

  #changed(file: number, message: string): Error & Fault {
    return this.#fault("read", file, "ECHANGED", message)
  }

  #gone(file: number): Error & Fault {
    return this.#fault("read", file, "ENOENT", "it is gone")
  }

  /** The one that it should have now, and the one that it may have had or got a moment ago. */
  #namesOf(file: number): ReadonlyArray<string> {
    const { absolute, finalPath, is, partPath } = this.#places
    return [absolute(file), is(file, "part") ? finalPath(file) : partPath(file)]
  }
}

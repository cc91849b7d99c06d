/**
 * Those who read a torrent's files while it is downloaded.
 *
 * Invariants: what is urgent for a reader is no longer so when it has its range, or has left; whoever reads when the download ends is told; before it has begun, readers wait for it.
 */
import { Effect, Latch, type Scope, Stream } from "effect"
import type { Torrent } from "../Torrent.ts"
import type { StorageError } from "../storage/StorageError.ts"
import { CannotRead } from "./CannotRead.ts"
import { Reader, type ReaderOptions } from "./Reader.ts"

export interface Readable extends Omit<ReaderOptions, "end" | "why"> {
  readonly torrent: Torrent
}

/** A stretch of a file, in bytes. */
export interface FileRange {
  /** Default: 0. */
  readonly offset?: number | undefined
  /** Default: all from there on. */
  readonly length?: number | undefined
}

export class Readers {
  readonly #changed = Latch.makeUnsafe(false)
  readonly #readers = new Set<Reader>()
  #here: Readable | undefined
  #ended = false

  /** The download begins: what it is of will be known. */
  begin(): void {
    this.#ended = false
  }

  /** It can be read until the scope ends. */
  bind(readable: Readable): Effect.Effect<void, never, Scope.Scope> {
    return Effect.acquireRelease(
      Effect.sync(() => {
        this.#here = readable
        this.#changed.openUnsafe()
      }),
      () => Effect.sync(() => this.end()),
    )
  }

  end(): void {
    this.#here = undefined
    this.#ended = true
    this.#changed.openUnsafe()
    for (const reader of this.#readers) reader.wake()
  }

  /** The bytes of a file, each as soon as it is there and verified; as fast as they are taken. */
  read(file: number, { length, offset = 0 }: FileRange = {}): Stream.Stream<Uint8Array, CannotRead | StorageError> {
    return Stream.unwrap(
      Effect.gen({ self: this }, function* () {
        const here = yield* this.#running(file)
        const extent = here.torrent.files[file]
        if (extent === undefined) return yield* new CannotRead({ file, reason: "no such file" })
        const start = extent.offset + offset
        const end = length === undefined ? extent.offset + extent.length : start + length
        if (!(offset >= 0 && start <= end && end <= extent.offset + extent.length)) {
          return yield* new CannotRead({ file, reason: "beyond its end" })
        }
        if (start === end) return Stream.empty
        const reader = yield* this.#enter(here, file, end)
        return Stream.unfold(start, (at) =>
          at === end ? Effect.undefined : Effect.map(reader.next(at), (bytes) => [bytes, at + bytes.length] as const),
        )
      }),
    )
  }

  #enter(here: Readable, file: number, end: number): Effect.Effect<Reader, never, Scope.Scope> {
    const why = (piece: number) => {
      if (this.#here !== here) return new CannotRead({ file, reason: "not running" })
      return here.plan.lacks(piece) ? undefined : new CannotRead({ file, reason: "not wanted" })
    }
    return Effect.acquireRelease(
      Effect.sync(() => {
        const reader = new Reader({ ...here, end, why })
        this.#readers.add(reader)
        return reader
      }),
      (reader) =>
        Effect.sync(() => {
          this.#readers.delete(reader)
          reader.close()
        }),
    )
  }

  readonly #running = Effect.fnUntraced({ self: this }, function* (file: number) {
    while (this.#here === undefined) {
      if (this.#ended) return yield* new CannotRead({ file, reason: "not running" })
      this.#changed.closeUnsafe()
      yield* this.#changed.await
    }
    return this.#here
  })
}

/**
 * One who reads a stretch of a torrent's data while it is downloaded: what it needs next is urgent, so far ahead that it does not have to wait.
 *
 * Invariants: it is given verified bytes alone; what it waits for is urgent from the first `next` until it is closed.
 */
import { Geometry } from "@unchoke/protocol"
import { Effect, Latch } from "effect"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import type { Window } from "../pieces/Urgency.ts"
import type { StoredTorrent } from "../storage/PieceStore.ts"
import type { StorageError } from "../storage/StorageError.ts"
import type { CannotRead } from "./CannotRead.ts"

/** Bytes: ten seconds of a film of 12 Mbit/s, and half of the memory that pieces are put together in. */
const ahead = 16 << 20

/** Pieces, where they are larger than that: the one that it waits for, and the next. */
const fewestAhead = 2

/** Bytes that it is given at once. */
const chunk = 1 << 18

export interface ReaderOptions {
  readonly plan: PiecePlan
  readonly read: StoredTorrent["read"]
  /** To be run when the disk does not give what is stored of this piece. */
  readonly failed: (piece: number, error: StorageError) => Effect.Effect<void>
  /** Why nothing more can be waited for of this piece, if so. */
  readonly why: (piece: number) => CannotRead | undefined
  /** Where it ends in the torrent's data. */
  readonly end: number
}

export class Reader {
  readonly #options: ReaderOptions
  readonly #window: Window
  readonly #arrived = Latch.makeUnsafe(false)
  #piece = -1

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#window = options.plan.urgency.open(() => this.wake())
  }

  /** It may be in vain to wait. */
  wake(): void {
    this.#arrived.openUnsafe()
  }

  close(): void {
    this.#window.close()
  }

  /** Some bytes from this place of the torrent's data on, as soon as they are there. */
  readonly next = Effect.fnUntraced({ self: this }, function* (at: number): Effect.fn.Return<
    Uint8Array,
    CannotRead | StorageError
  > {
    const { end, failed, plan, read } = this.#options
    const { pieceLength } = plan.geometry
    const piece = Math.floor(at / pieceLength)
    this.#look(piece)
    while (!plan.isStored(piece)) yield* this.#wait(piece)
    const into = new Uint8Array(Math.min(chunk, this.#endOfStored(piece, end) - at))
    yield* Effect.tapError(read(piece, at - Geometry.pieceStart(plan.geometry, piece), [into]), (error) =>
      failed(piece, error),
    )
    return into
  })

  #look(piece: number): void {
    if (piece === this.#piece) return
    this.#piece = piece
    const { end, plan } = this.#options
    const { pieceLength } = plan.geometry
    const pieces = Math.max(fewestAhead, Math.ceil(ahead / pieceLength))
    this.#window.move(piece, Math.min(piece + pieces, Math.ceil(end / pieceLength)))
  }

  #wait(piece: number): Effect.Effect<void, CannotRead> {
    return Effect.suspend(() => {
      const why = this.#options.why(piece)
      if (why !== undefined) return Effect.fail(why)
      this.#arrived.closeUnsafe()
      return this.#arrived.await
    })
  }

  /** Where what can be read together with the piece ends. */
  #endOfStored(piece: number, end: number): number {
    const { plan } = this.#options
    const { pieceLength } = plan.geometry
    let last = piece + 1
    while (last * pieceLength < end && (last - piece) * pieceLength < chunk && plan.isStored(last)) last++
    return Math.min(end, last * pieceLength)
  }
}

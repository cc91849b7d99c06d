/**
 * Filled pieces on their way to the disk.
 *
 * Pieces that are ready together travel together, so that small ones cost no message each. Invariants: every piece is answered exactly once, and its
 * buffer given back before that, whether or not anybody still waits for the answer; at most `inFlight` batches are asked for at a time.
 */
import { Effect } from "effect"
import type { StorageError, Verdict } from "unchoke"
import type { Disk, Fault } from "./Disk.ts"
import type { PieceBuffers } from "./PieceBuffers.ts"
import type { PieceSpans } from "./PieceSpans.ts"
import { toStorageError } from "./StorageFault.ts"

/** Bytes of a batch, unless a single piece is longer: some milliseconds of work, so that buffers come back steadily. */
const batchSize = 2 << 20

/** One batch is worked on, one waits, so the disk never does. */
const inFlight = 2

interface Waiting {
  readonly piece: number
  readonly buffer: Uint8Array
  readonly resume: (verdict: Effect.Effect<Verdict, StorageError>) => void
}

export class WriteQueue {
  readonly #disk: Disk
  readonly #spans: PieceSpans
  readonly #buffers: PieceBuffers
  #waiting: Array<Waiting> = []
  #batches = 0

  constructor(disk: Disk, spans: PieceSpans, buffers: PieceBuffers) {
    this.#disk = disk
    this.#spans = spans
    this.#buffers = buffers
  }

  /** Verifies and writes the piece in a lent buffer, which is taken back. */
  write(piece: number, buffer: Uint8Array): Effect.Effect<Verdict, StorageError> {
    return Effect.callback((resume) => {
      this.#waiting.push({ piece, buffer, resume })
      this.#advance()
    })
  }

  #advance(): void {
    while (this.#waiting.length > 0 && this.#batches < inFlight) {
      const count = Math.max(1, Math.floor(batchSize / this.#buffers.size))
      const batch = this.#waiting.splice(0, count)
      this.#batches++
      this.#disk.submit({ kind: "write", jobs: this.#spans.toWrite(batch) }, (reply) => {
        this.#batches--
        for (const { buffer } of batch) this.#buffers.giveBack(buffer)
        batch.forEach(({ resume }, index) => resume(toVerdict(reply[Math.min(index, reply.length - 1)]!)))
        this.#advance()
      })
    }
  }
}

const toVerdict = (answer: boolean | Fault): Effect.Effect<Verdict, StorageError> =>
  typeof answer === "object" ? Effect.fail(toStorageError(answer)) : Effect.succeed(answer ? "stored" : "corrupt")

/**
 * Filled pieces on their way to the disk.
 *
 * Pieces that are ready together travel together, so that small ones cost no message each. Hashing and writing take the disk's thread three times as long as
 * receiving takes ours, so when it falls behind, we hash what comes: a GiB takes 1.05 s instead of 1.2. Invariants: every piece is answered exactly once, and its
 * buffer given back before that, whether or not anybody still waits for the answer; at most `inFlight` batches are asked for at a time, and none after it is closed; none waits for others once a turn of the event loop has brought none.
 */
import { Geometry } from "@unchoke/protocol"
import { Effect } from "effect"
import * as Crypto from "node:crypto"
import type { StorageError, Torrent, Verdict } from "@unchoke/engine"
import type { Disk, Fault } from "./Disk.ts"
import type { PieceBuffers } from "./PieceBuffers.ts"
import { type PieceHashes, pieceHashes } from "./pieceHashes.ts"
import type { PieceSpans } from "./PieceSpans.ts"
import { toStorageError } from "./StorageFault.ts"

/** Bytes of a batch, unless a single piece is longer: some milliseconds of work, so that buffers come back steadily. */
const batchSize = 2 << 20

/**
 * So many bytes are worth a batch of their own. Fewer wait for more as long as each turn of the event loop brings some: to begin and to end a batch, and to look at its file before and after, takes as long as to hash a
 * quarter of a MiB.
 */
const enoughBytes = 1 << 20

/** One batch is worked on, one waits, so the disk never does. */
const inFlight = 2

/** Longer pieces are left to the disk: hashing them here would hold up the sockets for more than some milliseconds. */
const longestHashed = 4 << 20

interface Waiting {
  readonly piece: number
  readonly buffer: Uint8Array
  readonly verified: boolean
  readonly resume: (verdict: Effect.Effect<Verdict, StorageError>) => void
}

export class WriteQueue {
  readonly #geometry: Geometry.Geometry
  readonly #hashes: PieceHashes
  readonly #disk: Disk
  readonly #spans: PieceSpans
  readonly #buffers: PieceBuffers
  #waiting: Array<Waiting> = []
  #batches = 0
  /** Whether there are too few for a batch, and a look at the end of this turn is due. */
  #collecting = false
  /** Whether one has come since the last look. */
  #brought = false
  #closed = false

  constructor(torrent: Torrent, disk: Disk, spans: PieceSpans, buffers: PieceBuffers) {
    this.#geometry = torrent.geometry
    this.#hashes = pieceHashes(Crypto, torrent.pieceHashes)
    this.#disk = disk
    this.#spans = spans
    this.#buffers = buffers
  }

  /** Verifies and writes the piece in a lent buffer, which is taken back. */
  write(piece: number, buffer: Uint8Array): Effect.Effect<Verdict, StorageError> {
    return Effect.callback((resume) => {
      if (this.#closed) return this.#letGo(buffer, resume)
      const behind = this.#waiting.length * this.#buffers.size >= batchSize
      const verified = behind && this.#buffers.size <= longestHashed
      if (verified && !this.#isRight(piece, buffer)) {
        this.#buffers.giveBack(buffer)
        return resume(Effect.succeed("corrupt"))
      }
      this.#waiting.push({ piece, buffer, verified, resume })
      this.#brought = true
      if (this.#waiting.length * this.#buffers.size >= enoughBytes) return this.#advance()
      if (this.#collecting) return
      this.#collecting = true
      setImmediate(this.#collect)
    })
  }

  /** What the disk has not begun it need not begin: whoever ends a download is not to wait for a slow disk, and this thread does nothing in its place. */
  close(): void {
    this.#closed = true
    for (const { buffer, resume } of this.#waiting.splice(0)) this.#letGo(buffer, resume)
  }

  #letGo(buffer: Uint8Array, resume: Waiting["resume"]): void {
    this.#buffers.giveBack(buffer)
    resume(Effect.interrupt)
  }

  readonly #collect = (): void => {
    this.#collecting = this.#brought
    this.#brought = false
    if (this.#collecting) setImmediate(this.#collect)
    else this.#advance()
  }

  #isRight(piece: number, buffer: Uint8Array): boolean {
    return this.#hashes.isRight(piece, buffer.subarray(0, Geometry.pieceSize(this.#geometry, piece)))
  }

  #advance(): void {
    while (this.#waiting.length > 0 && this.#batches < inFlight) {
      const count = Math.max(1, Math.floor(batchSize / this.#buffers.size))
      const batch = this.#waiting.splice(0, count)
      this.#batches++
      const verified = batch.flatMap(({ piece, verified }) => (verified ? [piece] : []))
      this.#disk.submit({ kind: "write", jobs: this.#spans.toWrite(batch), verified }, (reply) => {
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

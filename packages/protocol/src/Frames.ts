/**
 * Cuts a byte stream into frames: each a length in four bytes, then so many bytes (BEP 3).
 *
 * Hot path. Frames are views of the chunk; only a frame that is cut between two chunks is copied, into a buffer that is used again after the next
 * `reclaim`. Its obvious reference, which a property holds it to, is to join all chunks and cut the whole.
 *
 * Invariants: however the bytes are cut into chunks, the frames are the same; a length is checked before anything is allocated for it.
 */
import { blockSize } from "./Geometry.ts"
import { byteLength as bitfieldBytes } from "./Bitfield.ts"
import { ids } from "./PeerMessage.ts"

/** The longest frame of an id that we do not know, or that has no length of its own: 1 MiB, as libtorrent and transmission. */
export const longestFrame = 1 << 20

/** A frame longer than its kind may be. */
export interface FrameTooLong {
  readonly id: number | undefined
  readonly length: number
  readonly limit: number
}

/** No limit but a bitfield's is below that of a `request`. */
const shortest = 13

/** The longest frame that may begin with this id, in bytes, in a torrent of so many pieces. */
export const limitOf = (id: number, pieces: number): number => {
  switch (id) {
    case ids.Bitfield:
      return 1 + bitfieldBytes(pieces)
    case ids.Piece:
      return 9 + blockSize
    case ids.Extended:
      return longestFrame
    default:
      return knownIds.has(id) ? shortest : longestFrame
  }
}

/** The bytes of a cut frame that are held before its length is known: its length prefix and its id. */
const smallest = 5

const knownIds: ReadonlySet<number> = new Set(Object.values(ids))

const none = new Uint8Array(0)

/** A decoder for one connection. */
export class Frames {
  readonly #pieces: number
  /** A cut frame with its length prefix, of which `#held` bytes are here. */
  #cut = none
  #held = 0
  /** The buffer of a cut frame that was handed out since the last `reclaim`. */
  #lent: Uint8Array<ArrayBuffer> | undefined
  #free: Uint8Array<ArrayBuffer> | undefined

  constructor(pieces: number) {
    this.#pieces = pieces
  }

  /** Says that the frames handed out so far are no longer in use. */
  reclaim(): void {
    this.#free ??= this.#lent
    this.#lent = undefined
  }

  /** Appends the frames that this chunk completes to `out`; after a fault nothing more may be pushed. */
  push(chunk: Uint8Array, out: Array<Uint8Array>): FrameTooLong | undefined {
    let at = 0
    if (this.#held > 0) {
      while (this.#held < 5 && at < chunk.length && (this.#held < 4 || this.#cutLength() > 0)) {
        this.#cut[this.#held++] = chunk[at++]!
      }
      if (this.#held < 4) return undefined
      const length = this.#cutLength()
      if (length > 0 && this.#held < 5) return undefined
      const fault = this.#check(length, this.#cut[4]!)
      if (fault !== undefined) return fault
      this.#reserve(length + 4)
      const rest = Math.min(length + 4 - this.#held, chunk.length - at)
      this.#cut.set(chunk.subarray(at, at + rest), this.#held)
      this.#held += rest
      at += rest
      if (this.#held < length + 4) return undefined
      out.push(this.#cut.subarray(4, length + 4))
      this.#lent = this.#cut
      this.#held = 0
    }
    while (chunk.length - at >= 4) {
      const length = ((chunk[at]! << 24) | (chunk[at + 1]! << 16) | (chunk[at + 2]! << 8) | chunk[at + 3]!) >>> 0
      if (length > 0) {
        if (chunk.length - at < 5) break
        const fault = this.#check(length, chunk[at + 4]!)
        if (fault !== undefined) return fault
      }
      if (chunk.length - at - 4 < length) {
        this.#keep(chunk.subarray(at), length + 4)
        return undefined
      }
      out.push(chunk.subarray(at + 4, at + 4 + length))
      at += 4 + length
    }
    if (at < chunk.length) this.#keep(chunk.subarray(at), 0)
    return undefined
  }

  #cutLength(): number {
    return ((this.#cut[0]! << 24) | (this.#cut[1]! << 16) | (this.#cut[2]! << 8) | this.#cut[3]!) >>> 0
  }

  #check(length: number, id: number): FrameTooLong | undefined {
    if (length <= shortest && id !== ids.Bitfield) return undefined
    const limit = limitOf(id, this.#pieces)
    return length > limit ? { id, length, limit } : undefined
  }

  #keep(tail: Uint8Array, whole: number): void {
    const free = this.#free
    this.#free = undefined
    this.#cut = free !== undefined && free.length >= whole ? free : new Uint8Array(Math.max(whole, smallest))
    this.#cut.set(tail)
    this.#held = tail.length
  }

  #reserve(length: number): void {
    if (length <= this.#cut.length) return
    const larger = new Uint8Array(length)
    larger.set(this.#cut.subarray(0, this.#held))
    this.#cut = larger
  }
}

/**
 * A set of pieces, laid out as in the `bitfield` message (BEP 3): the high bit of the first byte is piece 0.
 *
 * Invariants: `count` is the number of pieces in the set; the spare bits at the end are zero. An empty set takes no memory before it has a piece, and neither does a full one that nobody asks for its bytes: of a thousand peers most
 * have nothing, or everything.
 */
import { Result } from "effect"

/** Why some bytes are not the bitfield of so many pieces. */
export type BitfieldFault =
  | { readonly _tag: "WrongLength"; readonly length: number; readonly expected: number }
  | { readonly _tag: "SpareBitSet" }

/** A mutable set of the pieces `0 … size - 1`. */
export class Bitfield {
  readonly size: number
  /** `undefined` where it is empty or full. */
  #bytes: Uint8Array | undefined
  #count: number

  private constructor(size: number, bytes: Uint8Array | undefined, count: number) {
    this.size = size
    this.#bytes = bytes
    this.#count = count
  }

  /** The empty set. */
  static empty(size: number): Bitfield {
    return new Bitfield(size, undefined, 0)
  }

  /** Every piece. */
  static full(size: number): Bitfield {
    return new Bitfield(size, undefined, size)
  }

  /** Reads (and copies) the payload of a `bitfield` message; a wrong length or a spare bit that is set is a fault. */
  static fromBytes(bytes: Uint8Array, size: number): Result.Result<Bitfield, BitfieldFault> {
    if (bytes.length !== byteLength(size)) {
      return Result.fail({ _tag: "WrongLength", length: bytes.length, expected: byteLength(size) })
    }
    if (size % 8 !== 0 && (bytes[bytes.length - 1]! & ~spareMask(size) & 0xff) !== 0) {
      return Result.fail({ _tag: "SpareBitSet" })
    }
    const count = bytes.reduce((sum, byte) => sum + bitsIn(byte), 0)
    const isPart = count > 0 && count < size
    // Not `slice`: of Node's `Buffer`, which bytes from a socket may be, that is a view and no copy.
    return Result.succeed(new Bitfield(size, isPart ? new Uint8Array(bytes) : undefined, count))
  }

  /** The same pieces in a set of its own. */
  copy(): Bitfield {
    return new Bitfield(this.size, this.#bytes?.slice(), this.#count)
  }

  /** How many pieces are in the set. */
  get count(): number {
    return this.#count
  }

  /** Whether every piece is in the set. */
  get complete(): boolean {
    return this.#count === this.size
  }

  /** Whether the piece is in the set; what is no piece is not. */
  has(piece: number): boolean {
    if (piece < 0 || piece >= this.size) return false
    const bytes = this.#bytes
    return bytes === undefined ? this.#count > 0 : (bytes[piece >>> 3]! & (0x80 >>> (piece & 7))) !== 0
  }

  /** Adds a piece; pieces outside `0 … size - 1` are ignored. */
  add(piece: number): void {
    if (piece < 0 || piece >= this.size || this.has(piece)) return
    if (++this.#count === this.size) this.#bytes = undefined
    else (this.#bytes ??= new Uint8Array(byteLength(this.size)))[piece >>> 3]! |= 0x80 >>> (piece & 7)
  }

  /** The payload of a `bitfield` message, as a copy. */
  toBytes(): Uint8Array {
    if (this.#bytes !== undefined) return this.#bytes.slice()
    const bytes = new Uint8Array(byteLength(this.size))
    if (this.#count === 0) return bytes
    bytes.fill(0xff)
    if (this.size % 8 !== 0) bytes[bytes.length - 1] = spareMask(this.size)
    return bytes
  }

  /** The pieces that are not in the set, ascending. */
  *missing(): Generator<number> {
    for (let piece = 0; piece < this.size; piece++) if (!this.has(piece)) yield piece
  }
}

/** The number of bytes that the bitfield of `size` pieces takes. */
export const byteLength = (size: number): number => Math.ceil(size / 8)

const spareMask = (size: number): number => (0xff << (8 - (size % 8))) & 0xff

const bitsIn = (byte: number): number => {
  let count = 0
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++
  return count
}

/**
 * Reads bencode in place, after the guard has passed it: values are found and measured, not built.
 *
 * For big input from outside. A value costs a few words while it is looked at, so a torrent of half a million files is read in a
 * small multiple of its size; going through a value's members takes one pass over it, so a value is walked once per level that is looked into.
 */
import { Result } from "effect"
import * as Bencode from "./Bencode.ts"
import * as Utf8 from "./Utf8.ts"

/** A value within bencoded bytes. */
export class BencodeView {
  readonly #source: Uint8Array
  /** Where the value begins and ends in the bytes that were given to `fromBytes`. */
  readonly start: number
  readonly end: number

  private constructor(source: Uint8Array, start: number, end: number) {
    this.#source = source
    this.start = start
    this.end = end
  }

  /** Checks the value at the start of `bytes` and looks at it; what is behind it is no part of anything. */
  static fromBytes(
    bytes: Uint8Array,
    limits?: Partial<Bencode.Limits>,
  ): Result.Result<BencodeView, Bencode.BencodeFault> {
    // Node's `Buffer` is a `Uint8Array` whose `slice` does not copy: no view that we give away may be one.
    const source = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return Result.map(Bencode.scanPrefix(source, limits), (end) => new BencodeView(source, 0, end))
  }

  /** The value's own bytes as they stand, as a view of the source. */
  get raw(): Uint8Array {
    return this.#source.subarray(this.start, this.end)
  }

  get isDictionary(): boolean {
    return this.#source[this.start] === letter.d
  }

  get isList(): boolean {
    return this.#source[this.start] === letter.l
  }

  /** The byte string, as a view of the source, or `undefined` where it is something else. */
  get bytes(): Uint8Array | undefined {
    const start = this.#contentStart()
    return start === undefined ? undefined : this.#source.subarray(start, this.end)
  }

  /** The byte string as text, and whether its UTF-8 had to be repaired. */
  get decoded(): Utf8.Decoded | undefined {
    const start = this.#contentStart()
    return start === undefined ? undefined : Utf8.decode(this.#source, start, this.end)
  }

  /** The byte string as text, invalid UTF-8 repaired. */
  get text(): string | undefined {
    return this.decoded?.text
  }

  /** The integer, or `undefined` where it is something else or not safe. */
  get integer(): number | undefined {
    if (this.#source[this.start] !== letter.i) return undefined
    let value = 0
    const negative = this.#source[this.start + 1] === letter.minus
    for (let at = this.start + (negative ? 2 : 1); at < this.end - 1; at++) {
      value = value * 10 + (this.#source[at]! - letter.zero)
    }
    if (value > Number.MAX_SAFE_INTEGER) return undefined
    return negative ? -value : value
  }

  /** The items of a list; nothing where it is something else. */
  *items(): Generator<BencodeView> {
    if (!this.isList) return
    for (let at = this.start + 1; at < this.end - 1;) {
      const item = this.#at(at)
      yield item
      at = item.end
    }
  }

  /** The keys and values of a dictionary in the order in which they stand, a key as often as it comes; nothing where it is something else. */
  *entries(): Generator<readonly [key: string, value: BencodeView]> {
    for (const [key, value] of this.members()) yield [key.text!, value]
  }

  /** The same, the keys as they stand: they need be no text. */
  *members(): Generator<readonly [key: BencodeView, value: BencodeView]> {
    if (!this.isDictionary) return
    for (let at = this.start + 1; at < this.end - 1;) {
      const key = this.#at(at)
      const value = this.#at(key.end)
      yield [key, value]
      at = value.end
    }
  }

  #contentStart(): number | undefined {
    let at = this.start
    const lead = this.#source[at]!
    if (lead < letter.zero || lead > letter.nine) return undefined
    while (this.#source[at] !== letter.colon) at++
    return at + 1
  }

  #at(start: number): BencodeView {
    return new BencodeView(this.#source, start, endOf(this.#source, start))
  }
}

/** Where a value that has passed the guard ends. */
const endOf = (source: Uint8Array, start: number): number => {
  let depth = 0
  let at = start
  do {
    const lead = source[at]!
    if (lead === letter.l || lead === letter.d) {
      depth++
      at++
    } else if (lead === letter.e) {
      depth--
      at++
    } else if (lead === letter.i) {
      while (source[at] !== letter.e) at++
      at++
    } else {
      let length = 0
      for (; source[at] !== letter.colon; at++) length = length * 10 + (source[at]! - letter.zero)
      at += 1 + length
    }
  } while (depth > 0)
  return at
}

const letter = { i: 0x69, l: 0x6c, d: 0x64, e: 0x65, colon: 0x3a, minus: 0x2d, zero: 0x30, nine: 0x39 } as const

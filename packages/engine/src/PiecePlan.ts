/**
 * What is missing, in flight, filled, stored; which blocks to ask for next; where an arriving block goes.
 *
 * Plain and synchronous: per block there is one lookup and one copy. Invariants: a piece is in exactly one state; it has a buffer exactly while it is in flight or filled;
 * a block is copied at most once into its piece; a piece becomes `stored` only by `stored`, which the caller calls after the store's verdict.
 */
import type { Bitfield } from "@unchoke/protocol"
import { Geometry } from "@unchoke/protocol"

/** A piece on its way: some of its blocks are here, some are asked for, some are neither. */
export interface Filling {
  readonly piece: number
  readonly buffer: Uint8Array
  readonly blocks: number
  /** One byte a block: 1 when it is here. */
  readonly received: Uint8Array
  /** How many blocks are not here yet. */
  left: number
  /** Blocks from here on were never asked for. */
  unasked: number
  /** Blocks that were asked for and given up. */
  readonly givenUp: Array<number>
  /** Who sent its blocks. When it is one alone, the culprit of a wrong hash is certain. */
  readonly senders: Set<object>
  /** Who asks for its blocks, where somebody does. */
  asker: object | undefined
}

/** A block by its place. */
export interface Block {
  readonly piece: number
  readonly block: number
}

const missing = 0
const inFlight = 1
const filled = 2
const stored = 3

export class PiecePlan {
  readonly geometry: Geometry.Geometry
  readonly #state: Uint8Array
  readonly #filling = new Map<number, Filling>()
  readonly #lend: () => Uint8Array | undefined
  /** No piece below this one is missing. */
  #lowest = 0
  #stored: number
  #fetched = 0
  #left: number
  #unverified = 0
  #starved = false

  /** `present` is on the disk already; `lend` gives a buffer for a piece, or nothing while all are out. */
  constructor(geometry: Geometry.Geometry, present: Bitfield.Bitfield, lend: () => Uint8Array | undefined) {
    this.geometry = geometry
    this.#lend = lend
    this.#stored = present.count
    this.#left = 0
    for (const piece of present.missing()) this.#left += Geometry.pieceSize(geometry, piece)
    this.#state = Uint8Array.from({ length: geometry.pieces }, (_, piece) => (present.has(piece) ? stored : missing))
  }

  /** How many pieces are verified and on the disk. */
  get stored(): number {
    return this.#stored
  }

  /** How many bytes were fetched and stored. */
  get fetched(): number {
    return this.#fetched
  }

  /** How many bytes are not stored yet. */
  get left(): number {
    return this.#left
  }

  /** How many blocks lie in filled pieces, which wait for the store. */
  get unverified(): number {
    return this.#unverified
  }

  get complete(): boolean {
    return this.#stored === this.geometry.pieces
  }

  /** Whether the last `claim` found a piece to fetch and no buffer to fetch it into. */
  get starved(): boolean {
    return this.#starved
  }

  /**
   * A piece for `asker` to fetch, of those that `has` says can be had from it: one that somebody else began and left, else the lowest missing one, else (when everything is
   * under way) one that somebody else is fetching.
   */
  claim(asker: object, has: (piece: number) => boolean): Filling | undefined {
    this.#starved = false
    for (const filling of this.#filling.values()) {
      if (filling.asker === undefined && has(filling.piece)) return claimed(filling, asker)
    }
    const piece = this.#lowestMissing(has)
    if (piece !== undefined) {
      const filling = this.#begin(piece)
      this.#starved = filling === undefined
      return filling && claimed(filling, asker)
    }
    for (const filling of this.#filling.values()) {
      if (filling.asker !== asker && has(filling.piece)) return filling
    }
    return undefined
  }

  /** The next block of a piece that nobody has been asked for, or whose asking was given up. */
  nextBlock(filling: Filling): number | undefined {
    while (filling.givenUp.length > 0) {
      const block = filling.givenUp.pop()!
      if (filling.received[block] === 0) return block
    }
    return filling.unasked < filling.blocks ? filling.unasked++ : undefined
  }

  /** The asker will not get this block after all. */
  giveUp(filling: Filling, block: number): void {
    filling.givenUp.push(block)
  }

  /** The asker leaves this piece to whoever comes next. */
  leave(filling: Filling, asker: object): void {
    if (filling.asker === asker) filling.asker = undefined
  }

  /** Whether this piece is still on its way: its buffer may be written to. */
  isFilling(filling: Filling): boolean {
    return this.#filling.get(filling.piece) === filling
  }

  /** Copies a block into its piece; true when it was the last one: the piece is filled, and its buffer is the caller's to store. */
  arrive(filling: Filling, block: number, bytes: Uint8Array, sender: object): boolean {
    if (!this.isFilling(filling) || filling.received[block] === 1) return false
    filling.buffer.set(bytes, block * Geometry.blockSize)
    filling.received[block] = 1
    filling.senders.add(sender)
    if (--filling.left > 0) return false
    this.#filling.delete(filling.piece)
    this.#state[filling.piece] = filled
    this.#unverified += filling.blocks
    return true
  }

  /** The store has verified and written a filled piece. */
  store(piece: number): void {
    if (this.#state[piece] !== filled) return
    this.#state[piece] = stored
    this.#unverified -= Geometry.blocksIn(this.geometry, piece)
    this.#stored++
    this.#fetched += Geometry.pieceSize(this.geometry, piece)
    this.#left -= Geometry.pieceSize(this.geometry, piece)
  }

  /** The hash of a filled piece was wrong: it is missing again. */
  reject(piece: number): void {
    if (this.#state[piece] !== filled) return
    this.#state[piece] = missing
    this.#unverified -= Geometry.blocksIn(this.geometry, piece)
    this.#lowest = Math.min(this.#lowest, piece)
  }

  #lowestMissing(has: (piece: number) => boolean): number | undefined {
    while (this.#lowest < this.geometry.pieces && this.#state[this.#lowest] !== missing) this.#lowest++
    for (let piece = this.#lowest; piece < this.geometry.pieces; piece++) {
      if (this.#state[piece] === missing && has(piece)) return piece
    }
    return undefined
  }

  #begin(piece: number): Filling | undefined {
    const buffer = this.#lend()
    if (buffer === undefined) return undefined
    const blocks = Geometry.blocksIn(this.geometry, piece)
    const filling: Filling = {
      piece,
      buffer,
      blocks,
      received: new Uint8Array(blocks),
      left: blocks,
      unasked: 0,
      givenUp: [],
      senders: new Set(),
      asker: undefined,
    }
    this.#state[piece] = inFlight
    this.#filling.set(piece, filling)
    return filling
  }
}

const claimed = (filling: Filling, asker: object): Filling => {
  filling.asker = asker
  return filling
}

/**
 * The blocks that one peer was asked for and has not sent, on one connection; and those that it need not send any more, and may have sent before it knew.
 *
 * Plain: per block a look into a map or two. Invariants: a block is taken in only if the peer was asked for it, and once; what it is not going to send goes back to its piece; what is remembered of the past is bounded.
 */
import { Geometry, type PeerMessage } from "@unchoke/protocol"
import type { Filling, Owed } from "./Filling.ts"

/** Blocks given up by a choke that the peer may have sent before it choked us: more than this many are forgotten. */
const mostLate = 2048

/** Where a block is, as a message says it. */
export interface BlockPlace {
  readonly piece: number
  readonly begin: number
}

export class Debts {
  readonly #geometry: Geometry.Geometry
  readonly #blocksPerPiece: number
  /** In the order in which they were asked for. */
  readonly #owed = new Map<number, Filling>()
  readonly #late = new Map<number, Filling>()
  /** Blocks that made way and may be asked for again: who speaks the fast extension answers the first request with a rejection, unless it has sent the block by then (BEP 6). */
  readonly #madeWay = new Set<number>()
  /** Blocks of which it was relieved: it does not relieve others of those. */
  readonly #relieved = new Map<number, Filling>()
  /** Blocks that it was asked for and need not send any more. */
  #cancels: Array<Owed> = []

  constructor(geometry: Geometry.Geometry) {
    this.#geometry = geometry
    this.#blocksPerPiece = Math.ceil(geometry.pieceLength / Geometry.blockSize)
  }

  /** How many blocks are on their way. */
  get size(): number {
    return this.#owed.size
  }

  /** Those that are on their way, what was asked for last at the beginning. */
  *latestFirst(): Generator<Owed> {
    const keys = [...this.#owed.keys()]
    for (let at = keys.length - 1; at >= 0; at--) {
      yield { filling: this.#owed.get(keys[at]!)!, block: this.#blockOf(keys[at]!) }
    }
  }

  /** Whether it is on its way. Not when it was asked for in an earlier attempt at the same piece: that answer is for nobody. */
  has({ block, filling }: Owed): boolean {
    return this.#owed.get(this.#keyOf(filling, block)) === filling
  }

  /** Whether it is on its way, or was until the peer was relieved of it. */
  hadOrHas(owed: Owed): boolean {
    return this.has(owed) || this.#relieved.get(this.#keyOf(owed.filling, owed.block)) === owed.filling
  }

  /** Whether something is on its way from there. */
  owes({ begin, piece }: BlockPlace): boolean {
    return this.#owed.has(piece * this.#blocksPerPiece + begin / Geometry.blockSize)
  }

  /** It is asked for a block: what is to be said. */
  incur({ block, filling }: Owed): PeerMessage.Of<"Request"> {
    filling.ask(block)
    this.#owed.set(this.#keyOf(filling, block), filling)
    return { ...this.#rangeOf(filling, block), _tag: "Request" }
  }

  /** It has sent a block: for what, if it was asked for it and we have a use for it. */
  pay(piece: number, block: number): Filling | undefined {
    const key = piece * this.#blocksPerPiece + block
    const filling = this.#owed.get(key) ?? this.#late.get(key)
    if (this.#madeWay.size > 0) this.#madeWay.delete(key)
    if (filling === undefined) return undefined
    if (this.#owed.delete(key)) filling.settle(block)
    else this.#late.delete(key)
    return filling
  }

  /** It will not send this block. Whether it owed it. */
  takeBack({ begin, piece }: BlockPlace): boolean {
    const block = Math.floor(begin / Geometry.blockSize)
    const key = piece * this.#blocksPerPiece + block
    if (this.#madeWay.delete(key)) return false
    const filling = this.#owed.get(key)
    this.#late.delete(key)
    if (filling === undefined) return false
    this.#owed.delete(key)
    filling.giveUp(block)
    return true
  }

  /** Others were asked for this block too, and it has come: this one need not send it. */
  relieve(owed: Owed): void {
    const { block, filling } = owed
    if (!this.has(owed)) return
    const key = this.#keyOf(filling, block)
    this.#release(key, filling)
    if (this.#relieved.size >= mostLate) this.#relieved.clear()
    this.#relieved.set(key, filling)
    filling.settle(block)
    this.#cancels.push(owed)
  }

  /** Nothing of this piece need come any more. Whether it owed any. */
  abandon(piece: Filling): boolean {
    let owed = false
    for (const [key, filling] of this.#owed) {
      if (filling !== piece) continue
      const block = this.#blockOf(key)
      this.#release(key, filling)
      filling.settle(block)
      this.#cancels.push({ filling, block })
      owed = true
    }
    return owed
  }

  /** Nothing need come but of these pieces: it may be asked for the rest again. */
  makeWay(isNext: (piece: number) => boolean): void {
    for (const [key, filling] of this.#owed) {
      if (isNext(filling.piece)) continue
      const block = this.#blockOf(key)
      this.#release(key, filling)
      if (this.#madeWay.size >= mostLate) this.#madeWay.clear()
      this.#madeWay.add(key)
      filling.giveUp(block)
      this.#cancels.push({ filling, block })
    }
  }

  /** What it has not sent by now it may never send, though some may be on its way. */
  giveUp(): void {
    for (const [key, filling] of this.#owed) {
      this.#keepLate(key, filling)
      filling.giveUp(this.#blockOf(key))
    }
    this.#owed.clear()
  }

  /** Nothing of it counts any more. */
  forget(): void {
    this.#late.clear()
    this.#madeWay.clear()
    this.#relieved.clear()
    this.#cancels = []
  }

  /** Whether something is to be cancelled. */
  get hasCancels(): boolean {
    return this.#cancels.length > 0
  }

  /** Adds to `words` what it need not send any more. */
  takeCancels(words: Array<PeerMessage.PeerMessage>): void {
    if (this.#cancels.length === 0) return
    for (const owed of this.#cancels) {
      if (!this.has(owed)) words.push({ ...this.#rangeOf(owed.filling, owed.block), _tag: "Cancel" })
    }
    this.#cancels = []
  }

  /** It is not waited for; where it comes nevertheless, it counts. */
  #release(key: number, filling: Filling): void {
    this.#owed.delete(key)
    this.#keepLate(key, filling)
  }

  #keepLate(key: number, filling: Filling): void {
    if (this.#late.size >= mostLate) this.#late.clear()
    this.#late.set(key, filling)
  }

  #keyOf({ piece }: Filling, block: number): number {
    return piece * this.#blocksPerPiece + block
  }

  #blockOf(key: number): number {
    return key % this.#blocksPerPiece
  }

  #rangeOf({ piece }: Filling, block: number) {
    return {
      piece,
      begin: block * Geometry.blockSize,
      length: Geometry.blockLength(this.#geometry, piece, block),
    }
  }
}

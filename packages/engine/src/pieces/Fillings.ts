/**
 * The pieces that are on their way, each with its buffer, and who holds it.
 *
 * Invariants: of a piece there is one filling at most; one that nobody holds is an orphan; what was thrown away of anybody's bytes is counted once.
 */
import type { Geometry } from "@unchoke/protocol"
import { type Debtor, Filling } from "./Filling.ts"
import { Leftovers } from "./Leftovers.ts"

export class Fillings {
  readonly #geometry: Geometry.Geometry
  readonly #filling = new Map<number, Filling>()
  readonly #orphans = new Set<Filling>()
  readonly #leftovers = new Leftovers()
  #discarded = new Map<string, number>()

  constructor(geometry: Geometry.Geometry) {
    this.#geometry = geometry
  }

  get size(): number {
    return this.#filling.size
  }

  /** The pieces that nobody holds. */
  get orphans(): Iterable<Filling> {
    return this.#orphans
  }

  get(piece: number): Filling | undefined {
    return this.#filling.get(piece)
  }

  /** Whether this piece is still on its way: its buffer may be written to. */
  has(filling: Filling): boolean {
    return this.#filling.get(filling.piece) === filling
  }

  [Symbol.iterator](): Iterator<Filling> {
    return this.#filling.values()
  }

  /** A piece begins its way, into this buffer. `put` is given what is left over of an earlier time, and was sent by this peer. */
  begin(
    piece: number,
    buffer: Uint8Array,
    peer: string,
    put: (filling: Filling, block: number, bytes: Uint8Array) => void,
  ): Filling {
    const filling = new Filling(this.#geometry, piece, buffer)
    this.#filling.set(piece, filling)
    for (const [block, bytes] of this.#leftovers.take(piece, peer)) put(filling, block, bytes)
    return filling
  }

  /** From now on it is this asker's. */
  give(filling: Filling, asker: Debtor): Filling {
    filling.asker = asker
    this.#orphans.delete(filling)
    return filling
  }

  /** What this asker holds of the pieces that `goes` is for whoever comes next. */
  letGo(asker: Debtor, goes: (piece: number) => boolean): void {
    for (const filling of this.#filling.values()) {
      if (filling.asker !== asker || !goes(filling.piece)) continue
      filling.asker = undefined
      this.#orphans.add(filling)
    }
  }

  /** It is full: not on its way any more. */
  finish(filling: Filling): void {
    this.#filling.delete(filling.piece)
    this.#orphans.delete(filling)
  }

  /** It is given up, with all that is here of it. */
  drop(filling: Filling): void {
    for (let block = 0; block < filling.blocks; block++) this.#discard(filling, block)
    this.finish(filling)
  }

  /** What is here of it is kept apart, each sender's for itself, as long as there is room for that. */
  keepApart(filling: Filling): void {
    const { piece } = filling
    for (const [block, sender] of filling.senders.entries()) {
      if (sender !== undefined && this.#leftovers.keep(piece, sender, block, filling.bytesOf(block))) {
        filling.discard(block)
      }
    }
  }

  /** What was kept apart of a piece is not needed any more. */
  forget(piece: number): void {
    this.#leftovers.forget(piece)
  }

  /** A peer is guilty: what it sent of pieces that are on their way counts no more. */
  disown(peer: string): void {
    this.#leftovers.disown(peer)
    for (const filling of this.#filling.values()) {
      for (const [block, sender] of filling.senders.entries()) if (sender === peer) this.#discard(filling, block)
    }
  }

  /** How many bytes of whom were thrown away before their piece was filled, since it was asked last. */
  takeDiscarded(): ReadonlyMap<string, number> {
    const discarded = this.#discarded
    if (discarded.size > 0) this.#discarded = new Map()
    return discarded
  }

  #discard(filling: Filling, block: number): void {
    const sender = filling.senders[block]
    if (sender === undefined) return
    this.#discarded.set(sender, (this.#discarded.get(sender) ?? 0) + filling.bytesOf(block).length)
    filling.discard(block)
  }
}

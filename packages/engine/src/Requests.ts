/**
 * What one peer has been asked for and has not sent yet.
 *
 * Invariants: a block is accepted only if this peer was asked for it, and once; whatever it is not going to send goes back to the plan.
 */
import { Geometry, type PeerMessage } from "@unchoke/protocol"
import type { Filling, PiecePlan } from "./PiecePlan.ts"

type Request = PeerMessage.Of<"Request">
type Piece = PeerMessage.Of<"Piece">

/** What an arriving block turned out to be. */
export type Arrival =
  | { readonly _tag: "Progress" }
  | { readonly _tag: "Filled"; readonly filling: Filling }
  | { readonly _tag: "NotAskedFor" }

const progress: Arrival = { _tag: "Progress" }
const notAskedFor: Arrival = { _tag: "NotAskedFor" }

/** Blocks given up by a choke that the peer may have sent before it choked us: more than this many are forgotten. */
const mostLate = 2048

export class Requests {
  readonly #plan: PiecePlan
  readonly #has: (piece: number) => boolean
  readonly #blocksPerPiece: number
  readonly #outstanding = new Map<number, Filling>()
  readonly #late = new Map<number, Filling>()
  #refusing = false
  /** The piece whose blocks are being asked for. */
  #current: Filling | undefined
  readonly #held = new Set<Filling>()

  /** `has` says which pieces the peer can give us. */
  constructor(plan: PiecePlan, has: (piece: number) => boolean) {
    this.#plan = plan
    this.#has = has
    this.#blocksPerPiece = Math.ceil(plan.geometry.pieceLength / Geometry.blockSize)
  }

  /** How many blocks are on their way. */
  get outstanding(): number {
    return this.#outstanding.size
  }

  /** Whether the peer has refused a block and sent none since: its queue is full, or it refuses everything. */
  get refusing(): boolean {
    return this.#refusing
  }

  /** The next block to ask for, if there is one and a buffer for it. */
  next(): Request | undefined {
    for (;;) {
      const filling = (this.#current ??= this.#claim())
      if (filling === undefined) return undefined
      for (let block = this.#nextBlock(filling); block !== undefined; block = this.#nextBlock(filling)) {
        const key = filling.piece * this.#blocksPerPiece + block
        if (this.#outstanding.has(key)) continue
        this.#outstanding.set(key, filling)
        return {
          _tag: "Request",
          piece: filling.piece,
          begin: block * Geometry.blockSize,
          length: Geometry.blockLength(this.#plan.geometry, filling.piece, block),
        }
      }
      this.#current = undefined
      if (filling.asker !== this) return undefined
    }
  }

  /** Takes a block in, copying it to its piece. */
  arrive({ begin, block, piece }: Piece): Arrival {
    if (begin % Geometry.blockSize !== 0 || begin >= this.#plan.geometry.pieceLength) return notAskedFor
    const index = begin / Geometry.blockSize
    const key = piece * this.#blocksPerPiece + index
    const filling = this.#outstanding.get(key) ?? this.#late.get(key)
    if (filling === undefined || block.length !== Geometry.blockLength(this.#plan.geometry, piece, index)) {
      return notAskedFor
    }
    if (!this.#outstanding.delete(key)) this.#late.delete(key)
    this.#refusing = false
    if (!this.#plan.arrive(filling, index, block, this)) return progress
    this.#held.delete(filling)
    return { _tag: "Filled", filling }
  }

  /** The peer will not send this block (BEP 6). It is asked for again later. */
  refuse({ begin, piece }: { readonly piece: number; readonly begin: number }): void {
    const index = Math.floor(begin / Geometry.blockSize)
    const key = piece * this.#blocksPerPiece + index
    const filling = this.#outstanding.get(key)
    this.#late.delete(key)
    if (filling === undefined) return
    this.#outstanding.delete(key)
    this.#plan.giveUp(filling, index)
    this.#refusing = true
  }

  /** The peer choked us: what it has not sent by now it may never send, though some may be on its way. */
  giveUp(): void {
    if (this.#late.size + this.#outstanding.size > mostLate) this.#late.clear()
    for (const [key, filling] of this.#outstanding) {
      this.#late.set(key, filling)
      this.#plan.giveUp(filling, key % this.#blocksPerPiece)
    }
    this.#outstanding.clear()
  }

  /** The peer is gone: whatever it has begun is left to the next one. */
  leave(): void {
    this.giveUp()
    for (const filling of this.#held) this.#plan.leave(filling, this)
    this.#held.clear()
    this.#current = undefined
  }

  #claim(): Filling | undefined {
    for (const filling of this.#held) if (filling.givenUp.length > 0) return filling
    const filling = this.#plan.claim(this, this.#has)
    if (filling?.asker === this) this.#held.add(filling)
    return filling
  }

  /** Of a piece that another peer is fetching (the end of the download), every block that is not here yet. */
  #nextBlock(filling: Filling): number | undefined {
    if (filling.asker === this) return this.#plan.nextBlock(filling)
    for (let block = 0; block < filling.blocks; block++) {
      if (filling.received[block] === 0 && !this.#outstanding.has(filling.piece * this.#blocksPerPiece + block))
        return block
    }
    return undefined
  }
}

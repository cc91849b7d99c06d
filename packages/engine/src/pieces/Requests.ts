/**
 * What one peer has been asked for and has not sent yet, on one connection.
 *
 * Invariants: a block is accepted only if this peer was asked for it, and once; whatever it is not going to send goes back to the plan; who has left asks for nothing.
 */
import { Geometry, type PeerMessage } from "@unchoke/protocol"
import type { Asker, Filling } from "./Filling.ts"
import type { PiecePlan } from "./PiecePlan.ts"

type Request = PeerMessage.Of<"Request">
type Piece = PeerMessage.Of<"Piece">

/** What an arriving block turned out to be. */
export type Arrival =
  | { readonly _tag: "Progress" }
  | { readonly _tag: "Filled"; readonly filling: Filling }
  /** We do not want it (any more): it came twice, or after it was given up, or was never asked for. */
  | { readonly _tag: "Unwanted" }
  /** No request of ours looks like that. */
  | { readonly _tag: "Misshapen" }

const progress: Arrival = { _tag: "Progress" }
const unwanted: Arrival = { _tag: "Unwanted" }
const misshapen: Arrival = { _tag: "Misshapen" }

/** Blocks given up by a choke that the peer may have sent before it choked us: more than this many are forgotten. */
const mostLate = 2048

export class Requests implements Asker {
  readonly peer: string
  readonly has: (piece: number) => boolean
  readonly #plan: PiecePlan
  readonly #blocksPerPiece: number
  readonly #outstanding = new Map<number, Filling>()
  readonly #late = new Map<number, Filling>()
  #refusing = false
  #arrived = 0
  #bytes = 0
  /** The piece whose blocks are being asked for. */
  #current: Filling | undefined
  readonly #held = new Set<Filling>()

  /** Joins the plan; `has` says which pieces the peer can give us. */
  constructor(plan: PiecePlan, { has, peer }: Asker) {
    this.peer = peer
    this.has = has
    this.#plan = plan
    this.#blocksPerPiece = Math.ceil(plan.geometry.pieceLength / Geometry.blockSize)
    plan.join(this)
  }

  /** How many blocks are on their way. */
  get outstanding(): number {
    return this.#outstanding.size
  }

  /** How many blocks of it we had a use for. */
  get arrived(): number {
    return this.#arrived
  }

  /** How many bytes those were. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether the peer has refused a block and sent none since: its queue is full, or it refuses everything. */
  get refusing(): boolean {
    return this.#refusing
  }

  /** The next block to ask for, if there is one and a buffer for it. */
  next(): Request | undefined {
    for (;;) {
      const filling = (this.#current ??= this.#claim())
      if (filling === undefined) return this.#share()
      for (let block = filling.nextBlock(); block !== undefined; block = filling.nextBlock()) {
        if (!this.#isOutstanding(filling, block)) return this.#ask(filling, block)
      }
      this.#current = undefined
    }
  }

  /** Takes a block in, copying it to its piece. */
  arrive({ begin, block, piece }: Piece): Arrival {
    const { geometry } = this.#plan
    if (piece >= geometry.pieces || begin % Geometry.blockSize !== 0 || begin >= geometry.pieceLength) return misshapen
    const index = begin / Geometry.blockSize
    if (block.length !== Geometry.blockLength(geometry, piece, index)) return misshapen
    const key = piece * this.#blocksPerPiece + index
    const filling = this.#outstanding.get(key) ?? this.#late.get(key)
    if (filling === undefined) return unwanted
    if (!this.#outstanding.delete(key)) this.#late.delete(key)
    this.#refusing = false
    const fate = this.#plan.arrive(filling, index, block, this.peer)
    if (fate !== "dropped") {
      this.#arrived++
      this.#bytes += block.length
    }
    if (fate !== "filled") return progress
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
    filling.giveUp(index)
    this.#refusing = true
  }

  /** The peer choked us: what it has not sent by now it may never send, though some may be on its way. */
  giveUp(): void {
    if (this.#late.size + this.#outstanding.size > mostLate) this.#late.clear()
    for (const [key, filling] of this.#outstanding) {
      this.#late.set(key, filling)
      filling.giveUp(key % this.#blocksPerPiece)
    }
    this.#outstanding.clear()
  }

  /** The peer is gone: whatever it has begun is left to the next one. */
  leave(): void {
    this.giveUp()
    this.#plan.leave(this)
    this.#late.clear()
    this.#held.clear()
    this.#current = undefined
  }

  #claim(): Filling | undefined {
    for (const filling of this.#held) {
      if (!this.#plan.isFilling(filling)) this.#held.delete(filling)
      else if (filling.hasGivenUp) return filling
    }
    const filling = this.#plan.claim(this)
    if (filling !== undefined) this.#held.add(filling)
    return filling
  }

  /** A block of a piece that another peer is fetching: one that nobody was asked for, else (when nothing else is left to fetch) any that is not here yet. */
  #share(): Request | undefined {
    for (const filling of this.#plan.begunByOthers(this)) {
      const block = filling.nextBlock()
      if (block !== undefined && !this.#isOutstanding(filling, block)) return this.#ask(filling, block)
    }
    if (this.#plan.starved) return undefined
    for (const filling of this.#plan.begunByOthers(this)) {
      for (let block = 0; block < filling.blocks; block++) {
        if (!filling.has(block) && !this.#isOutstanding(filling, block)) {
          return this.#ask(filling, block)
        }
      }
    }
    return undefined
  }

  /** Not when it was asked for in an earlier attempt at the same piece: that answer is for nobody. */
  #isOutstanding(filling: Filling, block: number): boolean {
    return this.#outstanding.get(filling.piece * this.#blocksPerPiece + block) === filling
  }

  #ask(filling: Filling, block: number): Request {
    const { piece } = filling
    this.#outstanding.set(piece * this.#blocksPerPiece + block, filling)
    return {
      _tag: "Request",
      piece,
      begin: block * Geometry.blockSize,
      length: Geometry.blockLength(this.#plan.geometry, piece, block),
    }
  }
}

/**
 * What a peer has asked us for and has not got yet, on one connection: taken in with the messages, and given out by the turn.
 *
 * Plain and synchronous; a request or a cancel costs one lookup. Invariants: at most `mostOrders` are held, each once, in the order in which they came; every one of them lies within a piece that we
 * have; while the peer is choked they are of pieces that it may have all the same.
 */
import { Geometry } from "@unchoke/protocol"

/** A range of a piece. */
export interface Order {
  readonly piece: number
  readonly begin: number
  readonly length: number
}

/** Why an order is not taken. */
export type Refusal =
  | "choked"
  | "too many requests"
  | "no such piece"
  | "piece that we lack"
  | "beyond the piece"
  | "of no length"
  | "too long"

/** What we work with. */
export interface Stock {
  readonly geometry: Geometry.Geometry
  /** Whether we have the piece, verified. */
  readonly has: (piece: number) => boolean
}

/** So many are held: what we announce as `reqq` (libtorrent and transmission: 500). */
export const mostOrders = 500

/** The longest range that is answered. Everybody asks for 16 KiB; BEP 3 knows clients that hang up beyond 128 KiB. */
export const longestOrder = 128 * 1024

/** So many are given out for a turn, and so many bytes, whichever comes first: one write. */
const ordersPerTurn = 64
const bytesPerTurn = ordersPerTurn * Geometry.blockSize

/** Requests that came to nothing, beyond what blocks and chokes account for: no honest peer has so many. */
const mostInVain = 10_000

/** A block that went out makes up for so many of them. */
const inVainPerBlock = 4

export class Orders {
  readonly #stock: Stock
  /** In the order in which they came. */
  readonly #held = new Map<number | string, Order>()
  readonly #allowedFast = new Set<number>()
  #choked = true
  #refused = 0
  #inVain = 0

  /** The peer is choked, as every conversation begins. */
  constructor(stock: Stock) {
    this.#stock = stock
  }

  /** How many wait. */
  get size(): number {
    return this.#held.size
  }

  /** How many requests were refused. */
  get refused(): number {
    return this.#refused
  }

  /** Whether so many requests came to nothing (refused, cancelled, or asked twice) that it can only be meant to keep us busy. */
  get isFlood(): boolean {
    return this.#inVain > mostInVain
  }

  /** It may have this piece though we choke it (BEP 6). */
  allowFast(piece: number): void {
    this.#allowedFast.add(piece)
  }

  /** Takes a request in; or why it is refused, which the fast extension wants to be told. One that is here already stays where it is. */
  take(order: Order): "taken" | Refusal {
    const refusal = this.#refusal(order)
    if (refusal !== undefined) {
      this.#refused++
      this.#inVain++
      return refusal
    }
    const { begin, length, piece } = order
    const key = this.#key(order)
    const { size } = this.#held
    // What is here already keeps its place.
    this.#held.set(key, { piece, begin, length })
    if (this.#held.size === size) this.#inVain++
    return "taken"
  }

  /** The peer does not want it any more. Whether it was here: the fast extension wants that to be confirmed. */
  cancel(order: Order): boolean {
    this.#inVain++
    return this.#shapeOf(order) === undefined && this.#held.delete(this.#key(order))
  }

  /** How many bytes the next turn would be. */
  nextBytes(most = bytesPerTurn): number {
    let [bytes, orders] = [0, 0]
    for (const { length } of this.#held.values()) {
      if (orders > 0 && bytes + length > most) break
      bytes += length
      if (++orders === ordersPerTurn) break
    }
    return bytes
  }

  /** The orders of a turn, which are ours to answer from now on: at most 64 and at most so many bytes, but one at least, if there is any. */
  next(most = bytesPerTurn): ReadonlyArray<Order> {
    const turn = this.upcoming(most)
    const left = this.#held.size - turn.length
    for (const key of this.#held.keys()) {
      if (this.#held.size === left) break
      this.#held.delete(key)
    }
    this.#inVain = Math.max(0, this.#inVain - inVainPerBlock * turn.length)
    return turn
  }

  /** What `next` would be. */
  upcoming(most: number): ReadonlyArray<Order> {
    const turn: Array<Order> = []
    let bytes = 0
    for (const order of this.#held.values()) {
      bytes += order.length
      if (turn.length > 0 && bytes > most) break
      turn.push(order)
      if (turn.length === ordersPerTurn) break
    }
    return turn
  }

  /** We choke the peer. What it will not get: the fast extension wants it told. */
  choke(): ReadonlyArray<Order> {
    // What is on its way to us will be refused for no fault of its own.
    if (!this.#choked) this.#inVain = Math.max(0, this.#inVain - mostOrders)
    this.#choked = true
    const dropped: Array<Order> = []
    for (const [key, order] of this.#held) {
      if (this.#allowedFast.has(order.piece)) continue
      this.#held.delete(key)
      dropped.push(order)
    }
    return dropped
  }

  unchoke(): void {
    this.#choked = false
  }

  #refusal(order: Order): Refusal | undefined {
    const misshapen = this.#shapeOf(order)
    if (misshapen !== undefined) return misshapen
    if (!this.#stock.has(order.piece)) return "piece that we lack"
    if (this.#choked && !this.#allowedFast.has(order.piece)) return "choked"
    return this.#held.size >= mostOrders && !this.#held.has(this.#key(order)) ? "too many requests" : undefined
  }

  #shapeOf({ begin, length, piece }: Order): Refusal | undefined {
    const { geometry } = this.#stock
    if (piece >= geometry.pieces) return "no such piece"
    if (length === 0) return "of no length"
    if (length > longestOrder) return "too long"
    return begin + length > Geometry.pieceSize(geometry, piece) ? "beyond the piece" : undefined
  }

  /** What everybody asks for is known by its number; of odd lengths there may be several that begin there. */
  #key({ begin, length, piece }: Order): number | string {
    const { geometry } = this.#stock
    const block = begin / Geometry.blockSize
    return Number.isInteger(block) && length === Geometry.blockLength(geometry, piece, block)
      ? piece * Geometry.blocksIn(geometry, 0) + block
      : `${piece} ${begin} ${length}`
  }
}

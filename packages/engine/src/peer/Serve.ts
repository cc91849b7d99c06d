/**
 * The half of a link that gives: what the peer asks for, and its answers.
 *
 * Requests are taken in with the messages, plainly; a turn gives up to 64 blocks in one corked write, one Effect for all of them, and to a slow peer no more than it takes within half a second. Invariants: only what is stored here is sent; whoever is
 * choked gets nothing but what it may have all the same; a peer that reads slowly is owed one turn, and delays nobody.
 */
import { Geometry, type PeerMessage } from "@unchoke/protocol"
import { Array, Effect } from "effect"
import { Orders, type Order, type Stock } from "../pieces/Orders.ts"
import { Describer } from "./Describer.ts"
import type { Breach } from "./Breach.ts"
import type { Disconnected } from "./errors.ts"
import type { Link } from "./Link.ts"

/** What all members of a swarm are served from. */
export interface Serving extends Stock {
  /** What the torrent is, as its `info` dictionary says it. */
  readonly info: Uint8Array
  /** Whether it is a piece that peers were told of, and that is not to be had any more. */
  readonly isLost: (piece: number) => boolean
  /** Whether peers are told what we have: not when nobody is served. */
  readonly announces: boolean
  /** How many bytes of it may be used at a time, so that there is as much for all others. */
  readonly share: () => number
  /**
   * Lends messages with what is stored here to `send` until it has ended, when they must have left this program; "unreadable" when the disk does not give it. What is asked for `next` may be
   * read meanwhile.
   */
  readonly use: <E>(
    orders: ReadonlyArray<Order>,
    send: (messages: ReadonlyArray<Uint8Array>) => Effect.Effect<void, E>,
    next: ReadonlyArray<Order>,
  ) => Effect.Effect<void, E | "unreadable">
  /** Where what is to be sent waits; without one there is no limit. */
  readonly outlet: Gate | undefined
}

/** Where bytes of one direction wait until they may go. */
export interface Gate {
  /** How many should be taken at a time, so that others get their turn. */
  readonly turn: number
  readonly take: (bytes: number) => Effect.Effect<void>
  /** So many of those did not go after all. */
  readonly giveBack: (bytes: number) => void
}

/** Bytes of a turn: the first one, and the longest, of 64 blocks. */
const firstTurn = 65_536
const mostTurn = 1 << 20

/**
 * A turn is to be written within so many milliseconds: behind it wait our requests and all else that we have to say, and what is written can be neither cancelled nor choked.
 */
const longestTurn = 400

export class Serve {
  readonly #link: Link
  readonly #serving: Serving
  /** A stopwatch, in milliseconds. */
  readonly #now: () => number
  readonly #orders: Orders
  readonly #describer: Describer
  #words: globalThis.Array<PeerMessage.PeerMessage> = []
  #sent = 0
  #misled = false
  /** Bytes of the next turn, at the most. */
  #most = firstTurn

  constructor(link: Link, serving: Serving, now: () => number) {
    this.#link = link
    this.#serving = serving
    this.#now = now
    this.#orders = new Orders(serving)
    this.#describer = new Describer(link, serving.info)
  }

  /** Bytes of pieces that were sent. */
  get sent(): number {
    return this.#sent
  }

  /** Whether it goes on waiting for what we have no more: we have told it that we have it, and there is no word to take that back. */
  get misled(): boolean {
    return this.#misled
  }

  /** How many answers wait to be said. */
  get unsaid(): number {
    return this.#words.length
  }

  /** The peer asks for a block. */
  asked(order: PeerMessage.Of<"Request">): Breach | undefined {
    const fate = this.#orders.take(order)
    if (fate === "piece that we lack" && this.#serving.isLost(order.piece)) this.#misled = true
    if (fate !== "taken") this.#refuse(order)
    return this.#orders.isFlood
      ? { rule: "flood", detail: `${this.#orders.refused} requests that it may not make` }
      : undefined
  }

  /** The peer says something of an extension's (BEP 10). */
  extended(message: PeerMessage.Of<"Extended">): void {
    const answer = this.#describer.answer(message)
    if (answer !== undefined) this.#words.push(answer)
  }

  /** The peer needs a block no longer. */
  cancelled(order: PeerMessage.Of<"Cancel">): Breach | undefined {
    if (this.#orders.cancel(order)) this.#refuse(order)
    return this.#orders.isFlood ? { rule: "flood", detail: "requests that it takes back" } : undefined
  }

  /** It may have these pieces though it is choked (BEP 6). */
  allow(pieces: Iterable<number>): void {
    if (!this.#link.extensions.fast) return
    for (const piece of pieces) {
      this.#orders.allowFast(piece)
      this.#words.push({ _tag: "AllowedFast", piece })
    }
  }

  choke(): void {
    for (const order of this.#orders.choke()) this.#refuse(order)
  }

  unchoke(): void {
    this.#orders.unchoke()
  }

  /** Adds to `words` what the peer is to be told. */
  takeWords(words: globalThis.Array<PeerMessage.PeerMessage>): void {
    if (this.#words.length === 0) return
    words.push(...this.#words)
    this.#words = []
  }

  /** Whether anything is asked for. */
  get isOrdered(): boolean {
    return this.#orders.size > 0
  }

  /** Serves what is asked for, until nothing is. Fails when the link is lost. */
  turns(): Effect.Effect<void, Disconnected> {
    return Effect.suspend(() => (this.isOrdered ? Effect.flatMap(this.#turn, () => this.turns()) : Effect.void))
  }

  get #turn(): Effect.Effect<void, Disconnected> {
    const { outlet, share } = this.#serving
    const most = Math.min(this.#most, share())
    if (outlet === undefined) return this.#serve(this.#orders.next(most))
    const bytes = this.#orders.nextBytes(Math.min(outlet.turn, most))
    if (bytes === 0) return Effect.void
    const go = Effect.suspend(() => {
      // Some may have been cancelled meanwhile.
      const orders = this.#orders.next(bytes)
      const sum = bytesOf(orders)
      if (sum < bytes) outlet.giveBack(bytes - sum)
      return this.#serve(orders)
    })
    return Effect.andThen(outlet.take(bytes), go)
  }

  #serve(orders: ReadonlyArray<Order>): Effect.Effect<void, Disconnected> {
    if (orders.length === 0) return Effect.void
    return this.#serving
      .use(orders, (messages) => this.#send(orders, messages), this.#orders.upcoming(this.#most))
      .pipe(
        // Trouble with our disk is none of the peer's.
        Effect.catchIf(
          (error) => error === "unreadable",
          () => this.#serve(this.#regret(orders)),
        ),
      )
  }

  #send(orders: ReadonlyArray<Order>, messages: ReadonlyArray<Uint8Array>): Effect.Effect<void, Disconnected> {
    const bytes = bytesOf(orders)
    this.#link.talk.forgive(orders.length)
    this.#sent += bytes
    if (!Array.isReadonlyArrayNonEmpty(messages)) return Effect.void
    const began = this.#now()
    return Effect.andThen(
      this.#link.sendPieces(messages),
      Effect.sync(() => this.#measure(bytes, this.#now() - began)),
    )
  }

  /** A write of so many bytes took so many milliseconds. */
  #measure(bytes: number, took: number): void {
    if (took > longestTurn) this.#most = Math.max(Geometry.blockSize, this.#most / 2)
    else if (took < longestTurn / 4 && bytes > this.#most / 2) this.#most = Math.min(mostTurn, 2 * this.#most)
  }

  /** The disk did not give all of these: what is gone is refused, all of it where that passes. Returns the rest. */
  #regret(orders: ReadonlyArray<Order>): ReadonlyArray<Order> {
    const rest = orders.filter(({ piece }) => !this.#serving.isLost(piece))
    const isAnyGone = rest.length < orders.length
    if (isAnyGone && !this.#link.extensions.fast) this.#misled = true
    for (const order of orders) if (!isAnyGone || this.#serving.isLost(order.piece)) this.#refuse(order)
    return isAnyGone ? rest : []
  }

  #refuse({ begin, length, piece }: Order): void {
    if (this.#link.extensions.fast) this.#words.push({ _tag: "RejectRequest", piece, begin, length })
  }
}

const bytesOf = (orders: ReadonlyArray<Order>): number => orders.reduce((sum, { length }) => sum + length, 0)

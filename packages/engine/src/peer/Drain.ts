/**
 * The half of a link that takes: what a peer owes us, how much it is asked for, how long we wait for it.
 *
 * Plain: it is told what the peer says, and asked what to say next. Requests are refilled by the quarter window. A slow disk is given so much and no more, and while it has that nothing
 * more is asked for: then, and only then, the peer waits.
 */
import { Geometry, type PeerMessage } from "@unchoke/protocol"
import { Duration } from "effect"
import type { Filling } from "../pieces/Filling.ts"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import type { Requests } from "../pieces/Requests.ts"
import { RequestWindow } from "../pieces/RequestWindow.ts"
import type { Deadlines } from "./Deadlines.ts"
import type { Breach } from "./Breach.ts"
import { ChokeTimeout, Stalled } from "./errors.ts"
import type { Link } from "./Link.ts"
import { Patience } from "./Patience.ts"

/**
 * Blocks that may be under way or waiting for the store, at least: 8 MiB, and two pieces. What waits longer only grows cold in the caches, and a GiB costs 5 % more with
 * four times as many. A window that is larger, of who is far away, is bounded by the store's buffers alone.
 */
const fewestUnverified = 512

/** Requests that are worth a write of their own. */
const enoughTogether = 125

/** So many blocks are asked of a peer at once when readers have leapt. */
const inHurry = 4

/** So many of the pieces that it allows us to have are asked of a peer that chokes us (BEP 6). */
const mostWhileChoked = 16

/** Milliseconds for which a peer was asked before its rate says anything. */
const earliest = 250

/** So many milliseconds after it has choked us, what a peer has neither sent nor rejected is given up. */
const longestSettling = 20_000

export interface DrainOptions {
  readonly plan: PiecePlan
  readonly deadlines: Deadlines
  /** Whether others could take its place: then a stall is not waited for as long. */
  readonly othersWait: () => boolean
  /** A stopwatch, in milliseconds. */
  readonly now: () => number
}

export class Drain {
  readonly requests: Requests
  /** Whether a write to its socket is under way: nothing more is asked meanwhile, and it owes us to read. */
  sending = false
  readonly #link: Link
  readonly #options: DrainOptions
  readonly #window: RequestWindow
  readonly #patience: Patience
  readonly #mostUnverified: number
  /** Pieces that it lets us have though it chokes us (BEP 6). */
  readonly #allowed: Set<number>
  #choking: boolean
  /** When a peer that chokes us must have said what becomes of the blocks that it owes us, by the stopwatch. */
  #settledBy = Infinity
  /** A peer that refused is asked for one more block, now and then. */
  #insisting = false
  #firstAskedAt: number | undefined
  /** Blocks and useful ones of this turn. */
  #blocks = 0
  #filled: Array<Filling> = []

  constructor(link: Link, requests: Requests, allowed: Set<number>, options: DrainOptions) {
    const now = options.now()
    this.requests = requests
    this.#link = link
    this.#allowed = allowed
    this.#options = options
    this.#choking = link.state().choking
    this.#window = new RequestWindow(now)
    this.#patience = new Patience(now, this.#choking)
    this.#mostUnverified = Math.max(fewestUnverified, 2 * Geometry.blocksIn(options.plan.geometry, 0))
  }

  /** Takes in a block, copying it to its piece. */
  take(message: PeerMessage.Of<"Piece">): Breach | undefined {
    const arrival = this.requests.arrive(message)
    switch (arrival._tag) {
      case "Misshapen":
        return { rule: "block that was not asked for", detail: blockInWords(message) }
      case "Unwanted": {
        const tooMuch = this.#link.talk.hear(message)
        return tooMuch === undefined
          ? undefined
          : { rule: "flood", detail: `${tooMuch}, most of them blocks that nobody wants` }
      }
      case "Filled":
        this.#filled.push(arrival.filling)
    }
    this.#blocks++
    return undefined
  }

  choked(): void {
    this.#patience.choked(this.#options.now())
    this.#choking = true
    // Who speaks the fast extension says of each block whether it is still coming: to ask others for it would have it sent twice (BEP 6).
    if (this.#link.extensions.fast) this.#settledBy = this.#options.now() + longestSettling
    else this.requests.giveUp()
  }

  unchoked(): void {
    this.#patience.unchoked(this.#options.now())
    this.#choking = false
    this.#settledBy = Infinity
    this.requests.gained()
  }

  /** The peer will not send this block (BEP 6). */
  refused(range: { readonly piece: number; readonly begin: number }): void {
    // What it takes back because it chokes us says nothing of its queue.
    if (this.#choking && !this.#allowed.has(range.piece)) return void this.requests.takeBack(range)
    this.requests.refuse(range)
    if (this.requests.refusing) this.#window.refused()
  }

  /** The peer lets us have this piece though it chokes us (BEP 6). */
  allowed(piece: number): void {
    if (this.#allowed.size < mostWhileChoked) this.#allowed.add(piece)
    this.requests.gained()
  }

  /** What was read together has been taken in. Returns the pieces that it filled. */
  endTurn(): ReadonlyArray<Filling> {
    const blocks = this.#blocks
    if (blocks === 0) return none
    const time = this.#options.now()
    this.#patience.arrived(blocks * Geometry.blockSize, time)
    this.#window.arrived(blocks, time)
    this.#blocks = 0
    if (this.#filled.length === 0) return none
    const filled = this.#filled
    this.#filled = []
    return filled
  }

  /** Whether it is time to ask for more. */
  get wantsMore(): boolean {
    const { outstanding, refusing } = this.requests
    if (this.sending) return false
    if (refusing) return this.#insisting && outstanding === 0
    // Requests go out by the quarter window, and enough together: a write for each read would cost as much as the reading.
    const limit = this.#limit
    return outstanding <= limit - Math.min(limit / 4, enoughTogether) && limit > 0
  }

  /** Adds to `words` what is to be asked for now. */
  ask(words: Array<PeerMessage.PeerMessage>): void {
    if (!this.wantsMore) return
    const limit = this.requests.refusing ? 1 : this.#limit
    this.#firstAskedAt ??= this.#options.now()
    this.#insisting = false
    const owedNothing = this.requests.outstanding === 0
    // Everybody first gets some of what is wanted now, and the rest of it a write later: who would be asked last is not to find all others busy for long, and a whole piece left to itself.
    const most = this.requests.takeHurry() ? Math.min(limit, this.requests.outstanding + inHurry) : limit
    while (this.requests.outstanding < most) {
      const request = this.requests.next()
      if (request === undefined) break
      words.push(request)
    }
    if (owedNothing && this.requests.outstanding > 0) this.#window.asked(this.#options.now())
  }

  /** To be called twice a second. Says which deadline has passed, if one has. */
  look(): ChokeTimeout | Stalled | undefined {
    const { deadlines, now, othersWait } = this.#options
    const time = now()
    if (time >= this.#settledBy) {
      this.requests.giveUp()
      this.#settledBy = Infinity
    }
    this.#insisting = this.requests.refusing
    this.requests.look()
    this.#patience.look(this.owes, time)
    const block = Duration.toMillis(deadlines.block)
    const unchoke = Duration.toMillis(deadlines.unchoke)
    const hurried = Math.min(block, Duration.toMillis(deadlines.blockHurried))
    const end = this.#patience.exhausted({ unchoke, block: othersWait() ? hurried : block }, time)
    if (end === undefined) return undefined
    const about = {
      peer: this.#link.peer,
      seen: this.#link.seen(),
      waited: Duration.millis(Math.round(end.waited)),
    }
    return end._tag === "Choked" ? new ChokeTimeout(about) : new Stalled(about)
  }

  /** Whether anything is asked of it, or it refuses to be asked. While others hold all buffers, or all waits for the disk, it is not this peer that is slow. */
  get owes(): boolean {
    return this.#choking || this.sending || this.requests.outstanding > 0 || this.requests.refusing
  }

  /** Whether no deadline runs, and nothing came of late. */
  get isAtRest(): boolean {
    const isTimed = this.#choking && Duration.isFinite(this.#options.deadlines.unchoke)
    if (isTimed || this.sending || this.requests.outstanding > 0 || this.requests.refusing) return false
    return this.#patience.rate(this.#options.now()) === 0
  }

  /** For how long, in milliseconds, it has given next to nothing; 0 while it gives. */
  get poorFor(): number {
    return this.#patience.poorFor(this.#options.now())
  }

  /** For how long, in milliseconds, nothing has been asked of it; 0 while it owes us something. */
  get idleFor(): number {
    return this.#patience.idleFor(this.#options.now())
  }

  /** Bytes a second since it was asked first; undefined before there is anything to go by. */
  get early(): number | undefined {
    const { bytes } = this.requests
    const elapsed = this.#options.now() - (this.#firstAskedAt ?? Infinity)
    return bytes === 0 || elapsed < earliest ? undefined : (bytes * 1000) / elapsed
  }

  /** For how long, in seconds, it has owed us something and given nothing. */
  get waited(): number {
    return this.#patience.waited(this.#options.now()) / 1000
  }

  /** Whether it has given for so long that it can be relied on. */
  get isProven(): boolean {
    return this.#patience.isProven(this.#options.now())
  }

  /** Bytes a second: of late, at the best, and all in all. */
  get rates(): { readonly late: number; readonly peak: number; readonly mean: number } {
    const now = this.#options.now()
    return { late: this.#patience.rate(now), peak: this.#patience.peak, mean: this.#patience.mean(now) }
  }

  get #limit(): number {
    if (this.#choking && this.#allowed.size === 0) return 0
    const window = this.#window.size(this.#link.state().extended?.requestQueue)
    // Who is far away is asked on while there are buffers: what is not asked for now is missed a round trip later.
    const isFar = window > this.#mostUnverified
    const most = isFar ? window : Math.min(window, this.#mostUnverified - this.#options.plan.unverified)
    const limit = Math.min(most, this.requests.mostInHaste)
    return this.#choking ? Math.min(limit, mostWhileChoked) : limit
  }
}

const none: ReadonlyArray<Filling> = []

const blockInWords = ({ begin, block, piece }: PeerMessage.Of<"Piece">): string =>
  `${block.length} bytes at ${begin} of piece ${piece}`

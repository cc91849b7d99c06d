/**
 * What a web seed has and owes us, how much it is asked for, how long we wait: the plain half of it.
 *
 * To the plan it is an asker like any other. Invariants: it has every piece until it turns out not to have a file; a block is asked of it only when a lane is about to fetch it.
 */
import { Bitfield, Geometry, type PeerMessage } from "@unchoke/protocol"
import { Duration } from "effect"
import { Patience } from "../../peer/Patience.ts"
import type { Holding } from "../../pieces/Availability.ts"
import type { Filling } from "../../pieces/Filling.ts"
import type { PiecePlan } from "../../pieces/PiecePlan.ts"
import { Requests } from "../../pieces/Requests.ts"
import { RequestWindow } from "../../pieces/RequestWindow.ts"
import { startOf } from "./runs.ts"

type Request = PeerMessage.Of<"Request">

/** Blocks that may wait for the store, at least, before more are asked for: 8 MiB, and two pieces. */
const fewestUnverified = 512

/** Bytes of pieces side by side that are asked for in any case. */
const shortest = 1 << 20

const noPiece = -1

/** Blocks that a lane is asked for at once at the most: 12 MiB, so that two of a distant server have half of the memory that pieces are put together in. */
const mostAtOnce = 750

/** At the beginning: less is not worth a round trip to a server that does nothing else for us. */
const firstAtOnce = 16

/** After so many answers to their end, a server that has broken one off is asked for twice as much at once. */
const fewOfAnswers = 16

export interface WebSupplyOptions {
  /** By which the plan knows it: its URL. */
  readonly name: string
  readonly plan: PiecePlan
  /** A stopwatch, in milliseconds. */
  readonly now: () => number
  /** How many requests are under way at once. */
  readonly lanes: number
}

export class WebSupply {
  readonly requests: Requests
  readonly #options: WebSupplyOptions
  /** One for each lane. */
  readonly #windows: ReadonlyArray<RequestWindow>
  readonly #patience: Patience
  readonly #mostUnverified: number
  readonly #holding: Holding
  #pieces: Bitfield.Bitfield
  /** How many of its pieces we lack. */
  #useful = 0
  #rate: number | undefined
  /** Bytes that nobody wants since as many as a block were counted. */
  #skipped = 0
  readonly #since: number
  /** The pieces from which it was asked for one after the other: the first, and the last. */
  #first = noPiece
  #last = noPiece
  /** Blocks that a lane is asked for at once at the most: no more than came of an answer that broke off. */
  #atOnce = mostAtOnce
  /** Answers to their end since it has changed. */
  #answers = 0
  /** Where the stream is of a server that sends files only from their beginning: what lies before has gone by. */
  #passed: number | undefined

  constructor(options: WebSupplyOptions) {
    const { name, now, plan } = options
    this.#options = options
    this.#since = now()
    this.#windows = Array.from({ length: options.lanes }, () => new RequestWindow(this.#since))
    this.#patience = new Patience(this.#since, false)
    this.#mostUnverified = Math.max(fewestUnverified, 2 * Geometry.blocksIn(plan.geometry, 0))
    this.#pieces = Bitfield.Bitfield.full(plan.geometry.pieces)
    this.#holding = plan.availability.join(this.#pieces)
    this.#count()
    this.requests = new Requests(plan, {
      peer: name,
      has: (piece) => this.#pieces.has(piece) && !this.#hasPassed(piece),
      complete: () => this.#pieces.complete,
      prefers: (isFree) => this.#prefers(isFree),
      rate: () => this.#rate,
      waited: () => this.#patience.waited(now()) / 1000,
    })
  }

  /** How many of its pieces we lack. */
  get useful(): number {
    return this.#useful
  }

  /** Whether it is asked for anything. */
  get owes(): boolean {
    return this.requests.outstanding > 0
  }

  /** Whether files are taken from their beginning on. */
  get inOrder(): boolean {
    return this.#passed !== undefined
  }

  /** From now on only what lies behind this place of the data can be had, without beginning anew. */
  passTo(offset: number): void {
    this.#passed = offset
    this.requests.gained()
  }

  /** An answer broke off when so many blocks of it had come: less is asked for from now on, so that it gives all of that. Where a stream was, it is at its beginning again. */
  brokeOff(blocks: number): void {
    this.#answers = 0
    if (this.inOrder) this.passTo(0)
    else if (blocks > 0) this.#atOnce = Math.min(this.#atOnce, blocks)
  }

  /** An answer came to its end. */
  gaveAll(): void {
    if (this.#atOnce === mostAtOnce || ++this.#answers < fewOfAnswers) return
    this.#answers = 0
    this.#atOnce = Math.min(mostAtOnce, 2 * this.#atOnce)
  }

  /** A piece is stored. */
  stored(piece: number): void {
    if (this.#pieces.has(piece)) this.#useful--
    this.requests.gained()
  }

  /** It does not have what lies there. */
  lacks({ length, offset }: Geometry.Extent): void {
    const { plan } = this.#options
    const { geometry } = plan
    const pieces = Bitfield.Bitfield.empty(geometry.pieces)
    for (let piece = 0; piece < geometry.pieces; piece++) {
      const start = Geometry.pieceStart(geometry, piece)
      const touches = start < offset + length && start + Geometry.pieceSize(geometry, piece) > offset
      if (this.#pieces.has(piece) && !touches) pieces.add(piece)
    }
    this.#pieces = pieces
    this.#holding.replace(pieces)
    this.#count()
    plan.lost(this.requests)
  }

  /** Whether the store keeps up with what has come. */
  get hasRoom(): boolean {
    return this.#options.plan.unverified < this.#mostUnverified
  }

  /**
   * The blocks that a lane is to fetch next, when it has fetched what it was assigned before; those that it does not get are to be given back. A whole window at once: each request costs a round trip, in which
   * nothing comes.
   */
  assign(lane: number): ReadonlyArray<Request> {
    const { plan } = this.#options
    const blocks: Array<Request> = []
    if (!this.hasRoom) return blocks
    const window = this.#windows[lane]!
    const limit = Math.min(
      this.#atOnce,
      Math.max(window.size(mostAtOnce), this.requests.arrived === 0 ? firstAtOnce : 0),
    )
    while (blocks.length < limit) {
      const block = this.requests.next()
      if (block === undefined) break
      blocks.push(block)
      this.#last = block.piece
      if (this.#first === noPiece) this.#first = block.piece
      if (this.#passed !== undefined)
        this.#passed = Math.max(this.#passed, startOf(plan.geometry, block) + block.length)
    }
    // One that sends its files whole is not asked again: what comes next is on its way.
    if (blocks.length > 0 && this.#passed === undefined) window.asked(this.#options.now())
    return blocks
  }

  /** Whether a block that was assigned is still wanted of it. */
  isWanted(block: Request): boolean {
    return this.requests.owes(block)
  }

  giveBack(blocks: Iterable<Request>): void {
    for (const block of blocks) this.requests.takeBack(block)
  }

  /** Takes a block in that a lane has fetched; the piece that it filled. */
  take(lane: number, block: PeerMessage.Of<"Piece">): Filling | undefined {
    const now = this.#options.now()
    this.#patience.arrived(block.block.length, now)
    this.#windows[lane]!.arrived(1, now)
    const arrival = this.requests.arrive(block)
    return arrival._tag === "Filled" ? arrival.filling : undefined
  }

  /** Bytes came that lie before those that are wanted: it is not idle. */
  skipped(bytes: number): void {
    this.#skipped += bytes
    if (this.#skipped < Geometry.blockSize) return
    this.#skipped = 0
    this.#patience.arrived(0, this.#options.now())
  }

  /** To be called twice a second: for how long it has given nothing of what it owes, when that is `deadline` or more. */
  look(deadline: Duration.Duration): Duration.Duration | undefined {
    const now = this.#options.now()
    this.requests.look()
    // What others have sent meanwhile is not fetched by the lanes; nobody has to be told.
    this.requests.takeCancels([])
    this.#patience.look(this.owes, now)
    if (now - this.#since >= 1000) this.#rate = this.#patience.rate(now)
    const end = this.#patience.exhausted({ unchoke: Infinity, block: Duration.toMillis(deadline) }, now)
    return end && Duration.millis(Math.round(end.waited))
  }

  leave(): void {
    this.#holding.leave()
    this.requests.leave()
  }

  #count(): void {
    const { plan } = this.#options
    this.#useful = 0
    for (let piece = 0; piece < this.#pieces.size; piece++) {
      if (this.#pieces.has(piece) && plan.lacks(piece)) this.#useful++
    }
  }

  #hasPassed(piece: number): boolean {
    const { geometry } = this.#options.plan
    return (
      this.#passed !== undefined &&
      Geometry.pieceStart(geometry, piece) + Geometry.pieceSize(geometry, piece) <= this.#passed
    )
  }

  /**
   * What comes next, so that several pieces are one range; but of what peers have, who may have nothing else to give, only as much as is worth a request. Where all have everything it begins in the middle of what is missing,
   * while they fetch from its beginning.
   */
  #prefers(isFree: (piece: number) => boolean): number | undefined {
    const { plan } = this.#options
    const { pieceLength } = plan.geometry
    if (this.#passed !== undefined) return this.#firstFrom(Math.floor(this.#passed / pieceLength), isFree)
    const next = this.#last + 1
    const isShort = (next - this.#first) * pieceLength < shortest
    const { availability } = plan
    if (isFree(next) && (isShort || availability.count(next) <= availability.count(this.#first))) return next
    const first =
      plan.inOrder || plan.isAlone(this.requests) || !availability.everybodyHasEverything
        ? undefined
        : this.#middle(isFree)
    // Where the plan chooses, the first block tells.
    this.#first = first ?? noPiece
    return first
  }

  #firstFrom(from: number, isFree: (piece: number) => boolean): number | undefined {
    for (let piece = from; piece < this.#pieces.size; piece++) if (isFree(piece)) return piece
    return undefined
  }

  /** The middle of the longest stretch of free pieces. */
  #middle(isFree: (piece: number) => boolean): number | undefined {
    let longest = 0
    let middle: number | undefined
    for (let from = 0; from < this.#pieces.size;) {
      let to = from
      while (to < this.#pieces.size && isFree(to)) to++
      if (to - from > longest) {
        longest = to - from
        middle = from + (longest >>> 1)
      }
      from = to + 1
    }
    return middle
  }
}

/**
 * What one peer is asked for, block by block, on one connection.
 *
 * Invariants: those of what it owes us (`Debts`); whatever it is not going to send goes back to the plan; who has left asks for nothing.
 */
import { Geometry, type PeerMessage } from "@unchoke/protocol"
import { type Arrival, misshapen, progress, unwanted } from "./Arrival.ts"
import type { Asker, Debtor, Filling, Owed } from "./Filling.ts"
import { busyEnough } from "./Askers.ts"
import { type BlockPlace, Debts } from "./Debts.ts"
import type { PiecePlan } from "./PiecePlan.ts"
import type { RequestsOptions } from "./RequestsOptions.ts"
import { Tempo } from "./Tempo.ts"

type Request = PeerMessage.Of<"Request">

/** Seconds. */
const soon = 0.1

/** Half a minute. */
const looksSnubbed = 60

/** So many blocks a peer is asked for that has given none, while others give. */
const mostUntested = 2

export class Requests implements Debtor {
  readonly peer: string
  readonly has: (piece: number) => boolean
  readonly prefers: Asker["prefers"]
  readonly #complete: () => boolean
  readonly #plan: PiecePlan
  readonly #debts: Debts
  readonly #tempo: Tempo
  /** What had come back to the plan when it had nothing for us to claim. */
  #nothingAt = -1
  /** For so many looks more it is asked for nothing while others give: it was relieved of what it had kept us waiting for. */
  #snubbed = 0
  /** When there was nothing urgent for it to fetch. */
  #nothingUrgentAt = -1
  /** Whether it may be asked for what others owe and a reader needs next. */
  #mayRelieve = true
  #refusing = false
  /** Whether readers have leapt since it was asked last. */
  #hurries = false
  #arrived = 0
  #bytes = 0
  /** The piece whose blocks are being asked for. */
  #current: Filling | undefined
  readonly #held = new Set<Filling>()

  /** Joins the plan; `has` says which pieces the peer can give us. */
  constructor(
    plan: PiecePlan,
    {
      complete = () => true,
      has,
      peer,
      prefers,
      rate = () => undefined,
      early = () => undefined,
      waited = () => 0,
    }: RequestsOptions,
  ) {
    this.#complete = complete
    this.#tempo = new Tempo({ rate, early, waited }, plan.geometry)
    this.peer = peer
    this.has = has
    this.prefers = prefers
    this.#plan = plan
    this.#debts = new Debts(plan.geometry)
    plan.join(this)
  }

  /** How many blocks are on their way. */
  get outstanding(): number {
    return this.#debts.size
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

  get complete(): boolean {
    return this.#complete()
  }

  get isSlow(): boolean {
    return this.#tempo.isSlow
  }

  get busyFor(): number {
    return this.#tempo.secondsFor(this.outstanding)
  }

  get busyForAbout(): number {
    return this.#tempo.secondsAbout(this.outstanding)
  }

  get nextIn(): number {
    return this.#tempo.secondsBehind(this.outstanding)
  }

  get isGiving(): boolean {
    return this.#arrived > 0 && !this.#tempo.isLate
  }

  get isWilling(): boolean {
    if (this.#refusing || this.#snubbed > 0 || this.#tempo.isLate) return false
    return this.#arrived > 0 || this.#debts.size < mostUntested
  }

  get rate(): number {
    return this.#tempo.rate(this.outstanding)
  }

  get isStalled(): boolean {
    return this.outstanding > 0 && this.#tempo.isLate
  }

  get isHesitant(): boolean {
    return this.outstanding > 0 && this.#tempo.isHesitant
  }

  owed(): Iterable<Owed> {
    return this.#debts.latestFirst()
  }

  isAskedFor(owed: Owed): boolean {
    return this.#debts.hadOrHas(owed)
  }

  relieve(owed: Owed): void {
    if (this.isStalled && this.#debts.has(owed)) this.#snubbed = looksSnubbed
    this.#debts.relieve(owed)
  }

  /** Whether readers have leapt since this was asked last. */
  takeHurry(): boolean {
    const hurries = this.#hurries
    this.#hurries = false
    return hurries
  }

  /** So many blocks are enough to be asked for while a reader waits: what waits behind others is late when somebody else does not send what he owes. */
  get mostInHaste(): number {
    const { urgency } = this.#plan
    return urgency.any && urgency.starves ? this.#tempo.blocksInHaste : Infinity
  }

  /** Whether it owes us this block. */
  owes(place: BlockPlace): boolean {
    return this.#debts.owes(place)
  }

  /** Adds to `words` what it need not send any more. */
  takeCancels(words: Array<PeerMessage.PeerMessage>): void {
    this.#debts.takeCancels(words)
  }

  /** Whether something is to be cancelled. */
  get hasCancels(): boolean {
    return this.#debts.hasCancels
  }

  /** The peer has got a piece, or may be asked for more of those that it has. */
  gained(): void {
    this.#nothingAt = -1
    this.#nothingUrgentAt = -1
  }

  /** To be called twice a second. */
  look(): void {
    if (this.#snubbed > 0) this.#snubbed--
    this.#nothingUrgentAt = -1
    this.#mayRelieve = true
  }

  /** Whether it is asked for as much as it may be: who has kept us waiting for nothing, or has not given anything yet, takes no buffer from those who give. */
  get #isTested(): boolean {
    const mayHave = this.#snubbed > 0 ? 0 : this.#arrived === 0 ? mostUntested : Infinity
    return this.#debts.size < mayHave || !this.#plan.anyGives
  }

  /** The next block to ask for, if there is one and a buffer for it. */
  next(): Request | undefined {
    if (!this.#isTested) return undefined
    if (this.#plan.urgency.any) {
      const urgent = this.#nextUrgent()
      if (urgent !== undefined) return urgent
    }
    // What is urgent and has no buffer yet is not to find everybody busy with the rest when it has one.
    if (this.#plan.urgency.any && this.#plan.hurry.isShort && this.busyForAbout > busyEnough) return undefined
    // It may have choked us meanwhile, and allow us others (BEP 6).
    if (this.#current !== undefined && !this.has(this.#current.piece)) this.#current = undefined
    for (;;) {
      const shared = this.#current === undefined && this.isSlow ? this.#share(({ asker }) => asker!.isSlow) : undefined
      if (shared !== undefined) return shared
      const filling = (this.#current ??= this.#claim() ?? this.#takeOver())
      if (filling === undefined) {
        return this.busyFor > busyEnough ? undefined : (this.#share() ?? this.#relieveOthers())
      }
      for (let block = filling.nextBlock(); block !== undefined; block = filling.nextBlock()) {
        if (!this.#debts.has({ filling, block })) return this.#debts.incur({ filling, block })
      }
      this.#current = undefined
    }
  }

  /** Takes a block in, copying it to its piece. */
  arrive({ begin, block, piece }: PeerMessage.Of<"Piece">): Arrival {
    const { geometry } = this.#plan
    if (piece >= geometry.pieces || begin % Geometry.blockSize !== 0 || begin >= geometry.pieceLength) return misshapen
    const index = begin / Geometry.blockSize
    if (block.length !== Geometry.blockLength(geometry, piece, index)) return misshapen
    const filling = this.#debts.pay(piece, index)
    if (filling === undefined) return unwanted
    this.#refusing = false
    this.#snubbed = 0
    // Who waits is not to wait for the next look.
    if (this.#plan.urgency.any && this.#plan.urgency.starves) this.#mayRelieve = true
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
  refuse(place: BlockPlace): void {
    if (this.takeBack(place)) this.#refusing = true
  }

  /** The peer chokes us and will not send this block. Whether it owed it. */
  takeBack(place: BlockPlace): boolean {
    if (!this.#debts.takeBack(place)) return false
    this.#plan.urgency.freed()
    return true
  }

  makeWay(isNext: (piece: number) => boolean): void {
    this.#hurries = true
    // What will be here at once is in nobody's way.
    if (this.busyFor === 0 || this.busyFor >= soon) this.#debts.makeWay(isNext)
  }

  abandon(filling: Filling): void {
    if (this.#current === filling) this.#current = undefined
    this.#held.delete(filling)
    const { isStalled } = this
    if (this.#debts.abandon(filling) && isStalled) this.#snubbed = looksSnubbed
  }

  /** The peer choked us: what it has not sent by now it may never send, though some may be on its way. */
  giveUp(): void {
    this.#debts.giveUp()
    this.#plan.urgency.freed()
  }

  /** The peer is gone: whatever it has begun is left to the next one. */
  leave(): void {
    this.giveUp()
    this.#plan.leave(this)
    this.#debts.forget()
    this.#held.clear()
    this.#current = undefined
  }

  #claim(): Filling | undefined {
    for (const filling of this.#held) {
      if (!this.#plan.isFilling(filling)) this.#held.delete(filling)
      else if (filling.hasFree && this.has(filling.piece)) return filling
    }
    if (this.#nothingAt === this.#plan.returned) return undefined
    const filling = this.#plan.claim(this)
    if (filling !== undefined) this.#held.add(filling)
    else if (!this.#plan.starved) this.#nothingAt = this.#plan.returned
    return filling
  }

  /** What readers wait for goes before all else; what they need next is also asked of two. */
  #nextUrgent(): Request | undefined {
    if (this.#nothingUrgentAt === this.#plan.urgency.turn && !this.#mayRelieve) return undefined
    for (;;) {
      const owed = this.#plan.hurry.next(this, 1) ?? this.#relief() ?? this.#plan.hurry.next(this)
      if (owed === undefined) {
        if (!this.#plan.hurry.postponed) this.#nothingUrgentAt = this.#plan.urgency.turn
        return undefined
      }
      if (owed.filling.asker === this) this.#held.add(owed.filling)
      if (!this.#debts.has(owed)) return this.#debts.incur(owed)
    }
  }

  /** A block that a slower peer owes us, of the very next pieces, when all of these has been asked for. */
  #relief(): Owed | undefined {
    const owed = this.#mayRelieve ? this.#plan.hurry.relieved(this) : undefined
    if (owed === undefined) this.#mayRelieve = false
    return owed
  }

  /** A block that a slower peer owes us: when nothing else is left to ask for, or no buffer. */
  #relieveOthers(): Request | undefined {
    const owed = this.#plan.relieved(this)
    return owed && this.#debts.incur(owed)
  }

  /** A piece that another peer alone is to send, and does not. */
  #takeOver(): Filling | undefined {
    const filling = this.busyFor > busyEnough ? undefined : this.#plan.takeOver(this)
    if (filling !== undefined) this.#held.add(filling)
    return filling
  }

  /** A block of a piece that another peer is fetching, for which nobody was asked. */
  #share(of: (filling: Filling) => boolean = () => true): Request | undefined {
    for (const filling of this.#plan.begunByOthers(this)) {
      if (!of(filling)) continue
      const block = filling.nextBlock()
      if (block !== undefined && !this.#debts.has({ filling, block })) return this.#debts.incur({ filling, block })
    }
    return undefined
  }
}

/**
 * Which blocks to ask for next; where an arriving block goes.
 *
 * Plain and synchronous: per block there is one lookup and one copy. Invariants: a piece has a buffer exactly while it is in flight or filled (`Ledger`); only who has joined and not left can claim or hold a piece, so every piece in flight is held by somebody who is here or waits to be claimed; a block is copied at most once into
 * its piece; a contested piece is put together from one peer alone; a piece becomes `stored` only by `store`, which the caller calls after the store's verdict.
 */
import type { Bitfield, Geometry } from "@unchoke/protocol"
import { Evidence, type Exhibit } from "./Evidence.ts"
import { Askers } from "./Askers.ts"
import type { Availability, Copies } from "./Availability.ts"
import type { Asker, Debtor, Filling, Owed } from "./Filling.ts"
import { Fillings } from "./Fillings.ts"
import type { Salt } from "./fingerprint.ts"
import { Ledger } from "./Ledger.ts"
import { Picker } from "./Picker.ts"
import { Urgency } from "./Urgency.ts"
import * as Wishes from "./Wishes.ts"

/** What the plan works with. */
export interface Supplies {
  /** Gives a buffer for a piece, or nothing while all are out. */
  readonly lend: () => Uint8Array | undefined
  /** Random bits, anew for each plan. */
  readonly salt: Salt
  /** What is wanted of it (default: all). */
  readonly wishes?: Wishes.Wishes | undefined
  /** Whether it is fetched in the order of the data (default: the rarest first). */
  readonly inOrder?: boolean | undefined
}

/** Is told when a piece begins to be fetched, and when it is given up before it was filled. */
export interface Watcher {
  readonly begun: (piece: number) => void
  readonly ended: (piece: number, verdict: "dropped") => void
}

/** For so many pieces from where a reader is, everything else makes way: what was asked for, and the buffers of what is not urgent, however much of it is here. */
const leastAhead = 2

/** For those behind them what is not urgent does so while no more than this share of it is here. */
const hardlyBegun = 1 / 4

export class PiecePlan {
  /** What readers wait for. */
  readonly urgency: Urgency
  readonly #ledger: Ledger
  readonly #askers = new Askers()
  readonly #fillings: Fillings
  readonly #evidence: Evidence
  readonly #picker: Picker
  readonly #supplies: Supplies
  #starved = false
  #postponed = false
  #isShort = false
  #returned = 0
  #watcher: Watcher | undefined
  #whenLeapt: (() => void) | undefined

  /** `present` is on the disk already; from now on it is the plan's. */
  constructor(geometry: Geometry.Geometry, present: Bitfield.Bitfield, supplies: Supplies) {
    this.#supplies = supplies
    this.#ledger = new Ledger(geometry, present, supplies.wishes ?? Wishes.all, supplies.salt[0])
    this.#fillings = new Fillings(geometry)
    this.#evidence = new Evidence(geometry, supplies.salt)
    this.#picker = new Picker(this.#ledger, this.#fillings, this.#evidence, supplies.inOrder === true)
    this.urgency = new Urgency({ isStored: (piece) => this.isStored(piece), leapt: () => this.#leapt() })
  }

  get geometry(): Geometry.Geometry {
    return this.#ledger.geometry
  }

  /** What is verified and on the disk; not to be changed by others. */
  get present(): Bitfield.Bitfield {
    return this.#ledger.present
  }

  /** How many of the peers that we are connected to have each of the pieces that are missing. */
  get availability(): Availability {
    return this.#ledger.availability
  }

  /** Whether it is fetched in the order of the data. */
  get inOrder(): boolean {
    return this.#picker.inOrder
  }

  /** How many pieces are verified and on the disk. */
  get stored(): number {
    return this.present.count
  }

  /** How many bytes were fetched and stored. */
  get fetched(): number {
    return this.#ledger.fetched
  }

  /** How many bytes of the pieces that count are not stored yet. */
  get left(): number {
    return this.#ledger.left
  }

  /** How many pieces count (`Wishes`), how many bytes they are, and how many of them are stored. */
  get extent(): { readonly pieces: number; readonly bytes: number; readonly stored: number } {
    return this.#ledger.extent
  }

  /** How many blocks lie in filled pieces, which wait for the store. */
  get unverified(): number {
    return this.#ledger.unverified
  }

  /** How many pieces are in flight: each has a buffer. */
  get inFlight(): number {
    return this.#fillings.size
  }

  /** Whether all that is wanted is stored. */
  get complete(): boolean {
    return this.#ledger.complete
  }

  /** Whether a piece is wanted, and not stored yet. */
  lacks(piece: number): boolean {
    return this.#ledger.lacks(piece)
  }

  /** Whether a piece is verified and on the disk. */
  isStored(piece: number): boolean {
    return this.#ledger.isStored(piece)
  }

  /** How many copies of what counts there are, ours and those of whom we know. Looks at every piece. */
  get copies(): Copies {
    return this.#ledger.copies
  }

  /** How often something has come back that was being fetched: who found nothing to claim before may find something now. */
  get returned(): number {
    return this.#returned
  }

  /** Whether anybody gives us something. */
  get anyGives(): boolean {
    return this.#askers.anyGives
  }

  /** Whether nobody besides this asker may claim. */
  isAlone(asker: Debtor): boolean {
    return this.#askers.isAlone(asker)
  }

  /** Whether the last `claim` found a piece to fetch and no buffer to fetch it into. */
  get starved(): boolean {
    return this.#starved
  }

  /** From now on the watcher is told. */
  watch(watcher: Watcher | undefined): void {
    this.#watcher = watcher
  }

  /** From now on it may claim. */
  join(asker: Debtor): void {
    this.#askers.join(asker)
  }

  /** From now on it can claim nothing; what it holds is for whoever comes next. */
  leave(asker: Debtor): void {
    this.#askers.leave(asker)
    this.#letGo(asker, () => true)
  }

  /** It turned out not to have some pieces: those that it holds of them are for whoever comes next. */
  lost(asker: Debtor): void {
    this.#letGo(asker, (piece) => !asker.has(piece))
  }

  #letGo(asker: Debtor, goes: (piece: number) => boolean): void {
    this.#returned++
    this.urgency.freed()
    this.#fillings.letGo(asker, goes)
  }

  /** A piece for `asker` to fetch, of those that it has: one that somebody else began and left, else another (`Picker`), else a contested one that was left, anew. Nothing for who is not here. */
  claim(asker: Debtor): Filling | undefined {
    this.#starved = false
    if (!this.#askers.has(asker)) return undefined
    this.#askers.fed(asker)
    const orphan = this.#picker.orphan(asker)
    if (orphan !== undefined) return this.#fillings.give(orphan, asker)
    const piece = this.#picker.piece(asker)
    if (piece !== undefined) {
      const begun = this.#askers.canWait(asker) ? undefined : this.#begin(piece, asker)
      if (begun !== undefined) return this.#fillings.give(begun, asker)
      this.#askers.starve(asker)
      this.#starved = true
    }
    const abandoned = this.#picker.anyOrphan(asker)
    return abandoned && this.#fillings.give(this.#anew(abandoned, asker), asker)
  }

  /** A block of what readers wait for, of the piece that is needed first: all who have it fetch it together. Of so many pieces of each reader. Nothing for who is not here. */
  nextUrgent(asker: Debtor, ranks?: number): Owed | undefined {
    this.#postponed = false
    this.#isShort = false
    if (!this.#askers.has(asker)) return undefined
    return this.urgency.first((piece, rank, distance) => this.#urgentBlock(piece, rank, distance, asker), ranks)
  }

  /** Whether the last `nextUrgent` left something to others, or found no buffer: it may be different at any moment. */
  get postponed(): boolean {
    return this.#postponed
  }

  /** Whether the last `nextUrgent` found no buffer for a piece that a reader waits for. */
  get isShort(): boolean {
    return this.#isShort
  }

  /** A block that `asker` has, that a slower peer owes us, and that a reader needs next. */
  relievedUrgent(asker: Debtor): Owed | undefined {
    const next = new Set<number>()
    this.urgency.first((piece) => void next.add(piece), 1)
    return this.#askers.relievedNext(
      asker,
      ({ filling }) => next.has(filling.piece) && this.isFilling(filling) && !this.#evidence.isContested(filling.piece),
    )
  }

  /** `leapt` is run when readers wait for something else than before: everybody may be asked for it. */
  whenLeapt(leapt: () => void): void {
    this.#whenLeapt = leapt
  }

  /** The pieces that others are fetching and this asker has, of which it may take a share: none that is contested. */
  *begunByOthers(asker: Debtor): Generator<Filling> {
    if (!this.#askers.has(asker)) return
    for (const filling of this.#fillings) {
      if (filling.asker === asker || filling.asker === undefined || !asker.has(filling.piece)) continue
      if (!this.#evidence.isContested(filling.piece)) yield filling
    }
  }

  /** A block that `asker` has and a slower peer owes us, when there is nothing else to ask it for. */
  relieved(asker: Debtor): Owed | undefined {
    return this.#askers.relieved(
      asker,
      this.availability.wanted === 0,
      ({ filling }) => this.isFilling(filling) && !this.#evidence.isContested(filling.piece),
    )
  }

  /** Whether this piece is still on its way: its buffer may be written to. */
  isFilling(filling: Filling): boolean {
    return this.#fillings.has(filling)
  }

  /** Copies a block into its piece. When it was the last one, the piece is filled, and its buffer is the caller's to store. */
  arrive(filling: Filling, block: number, bytes: Uint8Array, sender: string): "dropped" | "kept" | "filled" {
    if (!this.isFilling(filling) || !filling.put(block, bytes, sender)) return "dropped"
    this.#askers.relieveAll({ filling, block })
    if (!filling.isFull) return "kept"
    this.#fillings.finish(filling)
    this.#ledger.fill(filling.piece)
    return "filled"
  }

  /** What has to be known of a filled piece when its verdict comes: to be taken before its buffer is given to the store. */
  exhibit({ buffer, piece, senders }: Filling): Exhibit {
    return this.#evidence.exhibit({ piece, buffer, senders: senders as ReadonlyArray<string> })
  }

  /** The store has verified and written a filled piece. Tells who had sent something else of it before: they are guilty. */
  store(exhibit: Exhibit): ReadonlySet<string> {
    const { piece } = exhibit
    const guilty = this.#evidence.right(exhibit)
    this.#fillings.forget(piece)
    if (!this.#ledger.isFilled(piece)) return guilty
    this.#ledger.store(piece)
    if (this.urgency.any) this.urgency.stored(piece)
    return guilty
  }

  /** The hash of a filled piece was wrong: it is missing again. Tells whose fault it was, where that is certain; else the piece is contested from now on. */
  reject(exhibit: Exhibit): string | undefined {
    const { piece } = exhibit
    if (this.#ledger.isFilled(piece)) this.#giveBack(piece)
    return this.#evidence.wrong(exhibit)
  }

  /** A peer is guilty: what it sent of pieces that are still in flight counts no more. */
  disown(peer: string): void {
    this.#fillings.disown(peer)
  }

  /** How many bytes of whom were thrown away before their piece was filled, since it was asked last. */
  takeDiscarded(): ReadonlyMap<string, number> {
    return this.#fillings.takeDiscarded()
  }

  #urgentBlock(piece: number, rank: number, distance: number, asker: Debtor): Owed | undefined {
    if (!asker.has(piece) || !this.lacks(piece) || this.#ledger.isFilled(piece)) return undefined
    const begun = this.#fillings.get(piece)
    if (begun !== undefined && !(begun.hasFree && this.#mayTake(begun, asker))) return undefined
    if (this.#askers.isTardy(asker, piece, rank, this.geometry.pieceLength)) {
      this.#postponed = true
      return undefined
    }
    const filling = begun ?? this.#beginUrgent(piece, distance, asker)
    const block = filling?.nextBlock()
    if (filling === undefined || block === undefined) return undefined
    if (filling.asker === undefined) this.#fillings.give(filling, asker)
    return { filling, block }
  }

  /** A contested one is put together from one peer alone. */
  #mayTake(filling: Filling, asker: Debtor): boolean {
    if (!this.#evidence.isContested(filling.piece) || filling.asker === asker) return true
    return filling.asker === undefined && !filling.isMixedWith(asker.peer)
  }

  #beginUrgent(piece: number, distance: number, asker: Debtor): Filling | undefined {
    if (this.#evidence.isContested(piece) && this.#evidence.suspects(piece, asker.peer)) return undefined
    const begun = this.#begin(piece, asker, distance)
    if (begun === undefined) this.#postponed = this.#isShort = true
    return begun && this.#fillings.give(begun, asker)
  }

  /** Readers wait for what nobody was asked for: whoever has it is to send that first, also before what others will read later. */
  #leapt(): void {
    const next = new Set<number>()
    this.urgency.first((piece, _, distance) => (distance < leastAhead ? void next.add(piece) : true))
    for (const asker of this.#askers) {
      const may = this.urgency.first((piece) => (asker.has(piece) && this.lacks(piece) ? true : undefined))
      if (may) asker.makeWay((piece) => next.has(piece))
    }
    this.#whenLeapt?.()
  }

  /** `distance` is that from where a reader is. */
  #begin(piece: number, asker: Asker, distance?: number): Filling | undefined {
    const buffer =
      this.#supplies.lend() ??
      this.#bufferOfOrphan(asker) ??
      (distance === undefined ? undefined : this.#bufferOfUnhurried(distance < leastAhead ? 1 : hardlyBegun))
    if (buffer === undefined) return undefined
    return this.#fill(piece, buffer, asker)
  }

  #giveBack(piece: number): void {
    this.#ledger.giveBack(piece)
    this.#returned++
    this.urgency.freed()
  }

  #fill(piece: number, buffer: Uint8Array, { peer }: Asker): Filling {
    this.#ledger.begin(piece)
    this.#watcher?.begun(piece)
    return this.#fillings.begin(piece, buffer, peer, (filling, block, bytes) =>
      this.arrive(filling, block, bytes, peer),
    )
  }

  /** The same piece without the blocks that are here; who still sends some of the old one's finds that it is no longer filling. */
  #anew(filling: Filling, asker: Asker): Filling {
    const { buffer, piece } = filling
    this.#fillings.keepApart(filling)
    this.#drop(filling)
    return this.#fill(piece, buffer, asker)
  }

  /** The buffer of a piece that was left and that this asker cannot go on with: nobody would give it back while that piece waits for somebody else. */
  #bufferOfOrphan(asker: Asker): Uint8Array | undefined {
    for (const orphan of this.#fillings.orphans) {
      if (this.#askers.isSomebodyElse(orphan.piece, asker)) continue
      this.#drop(orphan)
      return orphan.buffer
    }
    return undefined
  }

  /** The buffer of a piece for which no reader waits: of the one of which the least is here, and at most this share of it. */
  #bufferOfUnhurried(most: number): Uint8Array | undefined {
    let least: Filling | undefined
    for (const filling of this.#fillings) {
      if (this.urgency.wants(filling.piece) || this.#evidence.isContested(filling.piece)) continue
      if (least === undefined || filling.here < least.here) least = filling
    }
    if (least === undefined || least.here > most * least.blocks) return undefined
    for (const asker of this.#askers) asker.abandon(least)
    this.#drop(least)
    return least.buffer
  }

  #drop(filling: Filling): void {
    this.#watcher?.ended(filling.piece, "dropped")
    this.#fillings.drop(filling)
    this.#giveBack(filling.piece)
  }
}

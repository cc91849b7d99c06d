/**
 * Which blocks to ask for next; where an arriving block goes.
 *
 * Plain and synchronous: per block there is one lookup and one copy. Invariants: a piece has a buffer exactly while it is in flight or filled (`Ledger`); only who has joined and not left can claim or hold a piece, so every piece in flight is held by somebody who is here or waits to be claimed; a block is copied at most once into
 * its piece; a contested piece is put together from one peer alone; a piece becomes `stored` only by `store`, which the caller calls after the store's verdict.
 */
import type { Bitfield, Geometry } from "@unchoke/protocol"
import { Evidence, type Exhibit } from "./Evidence.ts"
import { Askers } from "./Askers.ts"
import { Beginnings, type Watcher } from "./Beginnings.ts"
import type { Availability, Copies } from "./Availability.ts"
import type { Debtor, Filling, Owed } from "./Filling.ts"
import { Fillings } from "./Fillings.ts"
import { Hurry, type Urgent } from "./Hurry.ts"
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

export class PiecePlan {
  /** What readers wait for. */
  readonly urgency: Urgency
  /** Who is asked for that. */
  readonly hurry: Urgent
  readonly #ledger: Ledger
  readonly #askers = new Askers()
  readonly #fillings: Fillings
  readonly #evidence: Evidence
  readonly #picker: Picker
  readonly #beginnings: Beginnings
  #starved = false
  #whenLeapt: (() => void) | undefined

  /** `present` is on the disk already; from now on it is the plan's. */
  constructor(geometry: Geometry.Geometry, present: Bitfield.Bitfield, supplies: Supplies) {
    this.#ledger = new Ledger(geometry, present, supplies.wishes ?? Wishes.all, supplies.salt[0])
    this.#fillings = new Fillings(geometry)
    this.#evidence = new Evidence(geometry, supplies.salt)
    this.#picker = new Picker(this.#ledger, this.#fillings, this.#evidence, supplies.inOrder === true)
    this.urgency = new Urgency({
      isStored: (piece) => this.isStored(piece),
      leapt: () => {
        hurry.leapt()
        this.#whenLeapt?.()
      },
    })
    const parts = {
      ledger: this.#ledger,
      askers: this.#askers,
      fillings: this.#fillings,
      evidence: this.#evidence,
      urgency: this.urgency,
    }
    this.#beginnings = new Beginnings({
      ...parts,
      lend: supplies.lend,
      arrive: (filling, block, bytes, sender) => this.arrive(filling, block, bytes, sender),
    })
    const hurry = new Hurry({ ...parts, beginnings: this.#beginnings })
    this.hurry = hurry
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
    return this.#beginnings.returned
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
    this.#beginnings.watch(watcher)
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
    this.#beginnings.freed()
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
      const begun = this.#askers.canWait(asker) ? undefined : this.#beginnings.begin(piece, asker)
      if (begun !== undefined) return this.#fillings.give(begun, asker)
      this.#askers.starve(asker)
      this.#starved = true
    }
    const abandoned = this.#picker.anyOrphan(asker)
    return abandoned && this.#fillings.give(this.#beginnings.anew(abandoned, asker), asker)
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

  /** A contested piece that somebody else was to send alone and does not, for `asker` to fetch anew, when there is nothing else to ask it for. */
  takeOver(asker: Debtor): Filling | undefined {
    if (!this.#askers.has(asker)) return undefined
    for (const filling of this.#fillings) {
      if (!this.#evidence.isContested(filling.piece) || !this.#askers.mayTakeOver(filling, asker)) continue
      for (const other of this.#askers) other.abandon(filling)
      return this.#fillings.give(this.#beginnings.anew(filling, asker), asker)
    }
    return undefined
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
    if (this.#ledger.isFilled(piece)) this.#beginnings.giveBack(piece)
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
}

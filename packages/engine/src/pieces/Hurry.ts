/**
 * What readers wait for (`Urgency`), and who is asked for it: everybody who has it, block by block, and before all else.
 *
 * Plain, and nothing while nobody reads. Invariants: a block is left to those who would bring it sooner; a contested piece is put together from one peer alone.
 */
import type { Askers } from "./Askers.ts"
import type { Beginnings } from "./Beginnings.ts"
import type { Evidence } from "./Evidence.ts"
import type { Debtor, Filling, Owed } from "./Filling.ts"
import type { Fillings } from "./Fillings.ts"
import type { Ledger } from "./Ledger.ts"
import type { Urgency } from "./Urgency.ts"

/** For so many pieces from where a reader is, everything else makes way: what was asked for, and the buffers of what is not urgent, however much of it is here. */
const leastAhead = 2

/** For those behind them what is not urgent does so while no more than this share of it is here. */
const hardlyBegun = 1 / 4

/** What may be asked of somebody before all else. */
export interface Urgent {
  /** A block of the piece that is needed first: all who have it fetch it together. Of so many pieces of each reader. Nothing for who is not here. */
  readonly next: (asker: Debtor, ranks?: number) => Owed | undefined
  /** Whether the last `next` left something to others, or found no buffer: it may be different at any moment. */
  readonly postponed: boolean
  /** Whether the last `next` found no buffer for a piece that a reader waits for. */
  readonly isShort: boolean
  /** A block that `asker` has, that a slower peer owes us, and that a reader needs next. */
  readonly relieved: (asker: Debtor) => Owed | undefined
}

export interface HurryOptions {
  readonly ledger: Ledger
  readonly askers: Askers
  readonly fillings: Fillings
  readonly evidence: Evidence
  readonly urgency: Urgency
  readonly beginnings: Beginnings
}

export class Hurry implements Urgent {
  readonly #of: HurryOptions
  #postponed = false
  #isShort = false

  constructor(options: HurryOptions) {
    this.#of = options
  }

  next(asker: Debtor, ranks?: number): Owed | undefined {
    this.#postponed = false
    this.#isShort = false
    if (!this.#of.askers.has(asker)) return undefined
    return this.#of.urgency.first((piece, rank, distance) => this.#block(piece, rank, distance, asker), ranks)
  }

  get postponed(): boolean {
    return this.#postponed
  }

  get isShort(): boolean {
    return this.#isShort
  }

  relieved(asker: Debtor): Owed | undefined {
    const { askers, evidence, fillings, urgency } = this.#of
    const next = new Set<number>()
    urgency.first((piece) => void next.add(piece), 1)
    return askers.relievedNext(
      asker,
      ({ filling }) => next.has(filling.piece) && fillings.has(filling) && !evidence.isContested(filling.piece),
    )
  }

  /** Readers wait for what nobody was asked for: whoever has it is to send that first, also before what others will read later. */
  leapt(): void {
    const { askers, ledger, urgency } = this.#of
    const next = new Set<number>()
    urgency.first((piece, _, distance) => (distance < leastAhead ? void next.add(piece) : true))
    for (const asker of askers) {
      const may = urgency.first((piece) => (asker.has(piece) && ledger.lacks(piece) ? true : undefined))
      if (may) asker.makeWay((piece) => next.has(piece))
    }
  }

  #block(piece: number, rank: number, distance: number, asker: Debtor): Owed | undefined {
    const { askers, fillings, ledger } = this.#of
    if (!asker.has(piece) || !ledger.lacks(piece) || ledger.isFilled(piece)) return undefined
    const begun = fillings.get(piece)
    if (begun !== undefined && !(begun.hasFree && this.#mayTake(begun, asker))) return undefined
    if (askers.isTardy(asker, piece, rank, ledger.geometry.pieceLength)) {
      this.#postponed = true
      return undefined
    }
    const filling = begun ?? this.#begin(piece, distance, asker)
    const block = filling?.nextBlock()
    if (filling === undefined || block === undefined) return undefined
    if (filling.asker === undefined) fillings.give(filling, asker)
    return { filling, block }
  }

  #mayTake(filling: Filling, asker: Debtor): boolean {
    if (!this.#of.evidence.isContested(filling.piece) || filling.asker === asker) return true
    return filling.asker === undefined && !filling.isMixedWith(asker.peer)
  }

  /** `distance` is that from where a reader is. */
  #begin(piece: number, distance: number, asker: Debtor): Filling | undefined {
    const { beginnings, evidence, fillings } = this.#of
    if (evidence.isContested(piece) && evidence.suspects(piece, asker.peer)) return undefined
    const begun = beginnings.begin(piece, asker, distance < leastAhead ? 1 : hardlyBegun)
    if (begun === undefined) this.#postponed = this.#isShort = true
    return begun && fillings.give(begun, asker)
  }
}

/**
 * Which piece somebody fetches next: it chooses, and changes nothing.
 *
 * Plain, and asked once a piece. Invariants: of what it names the asker has everything; a contested piece that was begun is named only to whom alone it is put together from.
 */
import type { Evidence } from "./Evidence.ts"
import type { Asker, Filling } from "./Filling.ts"
import type { Fillings } from "./Fillings.ts"
import type { Ledger } from "./Ledger.ts"

/** So many pieces are fetched in no order, to have something that others want (BEP 3). */
const somethingToTrade = 4

export class Picker {
  /** Whether it is fetched in the order of the data. */
  readonly inOrder: boolean
  readonly #ledger: Ledger
  readonly #fillings: Fillings
  readonly #evidence: Evidence

  constructor(ledger: Ledger, fillings: Fillings, evidence: Evidence, inOrder: boolean) {
    this.#ledger = ledger
    this.#fillings = fillings
    this.#evidence = evidence
    this.inOrder = inOrder
  }

  /** A missing piece: a contested one of which it is not suspected, else the one that it prefers, else the best, else any contested one. */
  piece(asker: Asker): number | undefined {
    return this.#unsuspected(asker) ?? this.#preferred(asker) ?? this.#best(asker) ?? this.#contested(asker)
  }

  /** A piece that was left: of a contested one only its sender may go on. */
  orphan(asker: Asker): Filling | undefined {
    for (const filling of this.#fillings.orphans) {
      if (!asker.has(filling.piece)) continue
      if (!this.#evidence.isContested(filling.piece) || !filling.isMixedWith(asker.peer)) return filling
    }
    return undefined
  }

  /** Any piece that was left: it can go on with none of them but anew. */
  anyOrphan(asker: Asker): Filling | undefined {
    for (const filling of this.#fillings.orphans) if (asker.has(filling.piece)) return filling
    return undefined
  }

  #unsuspected(asker: Asker): number | undefined {
    for (const piece of this.#evidence.contested) {
      if (this.#ledger.isMissing(piece) && asker.has(piece) && !this.#evidence.suspects(piece, asker.peer)) return piece
    }
    return undefined
  }

  /** Rather than have nothing to do, a suspect shows what it has. */
  #contested(asker: Asker): number | undefined {
    for (const piece of this.#evidence.contested) {
      if (this.#ledger.isMissing(piece) && asker.has(piece)) return piece
    }
    return undefined
  }

  #preferred(asker: Asker): number | undefined {
    const isFree = (piece: number) => this.#ledger.isFree(piece) && asker.has(piece)
    return asker.prefers?.((piece) => isFree(piece) && !this.#evidence.isContested(piece))
  }

  /** The rarest, once we have something to trade; where everybody has everything there is nothing to trade, and the disk likes the lowest best. */
  #best(asker: Asker): number | undefined {
    const { availability, present } = this.#ledger
    const may = (piece: number) => !this.#evidence.isContested(piece)
    if (this.inOrder || availability.everybodyHasEverything) {
      return this.#ledger.lowest((piece) => asker.has(piece) && may(piece))
    }
    return present.count < somethingToTrade ? availability.random(asker, may) : availability.rarest(asker, may)
  }
}

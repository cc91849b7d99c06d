/**
 * What peers are promised: the pieces that are stored, but for those that the disk did not give when they were asked for.
 *
 * Invariant: what was lost once is not promised again. It may well be there: who changed a file may have put it back. Who looks at the disk anew finds it.
 */
import { Bitfield } from "@unchoke/protocol"
import type { PiecePlan } from "../pieces/PiecePlan.ts"

export class Offer {
  readonly #plan: Pick<PiecePlan, "isStored" | "present">
  readonly #lost = new Set<number>()

  constructor(plan: Pick<PiecePlan, "isStored" | "present">) {
    this.#plan = plan
  }

  has(piece: number): boolean {
    return this.#plan.isStored(piece) && !this.#lost.has(piece)
  }

  /** Whether it was promised, and is not any more. */
  isLost(piece: number): boolean {
    return this.#lost.has(piece)
  }

  /** The disk did not give it. Whether that is news. */
  lose(piece: number): boolean {
    if (this.#lost.has(piece)) return false
    this.#lost.add(piece)
    return true
  }

  /** All of them. */
  get pieces(): Bitfield.Bitfield {
    const { present } = this.#plan
    if (this.#lost.size === 0) return present
    const rest = Bitfield.Bitfield.empty(present.size)
    for (let piece = 0; piece < present.size; piece++) if (this.has(piece)) rest.add(piece)
    return rest
  }
}

/**
 * How a piece comes to be on its way, and how it is given up before it was filled: whose buffer it gets.
 *
 * Plain, and asked once a piece. Invariants: what begins was missing, and what is dropped is missing again; a buffer that is taken from another piece is taken from all who write to it first.
 */
import type { Askers } from "./Askers.ts"
import type { Evidence } from "./Evidence.ts"
import type { Asker, Filling } from "./Filling.ts"
import type { Fillings } from "./Fillings.ts"
import type { Ledger } from "./Ledger.ts"
import type { Urgency } from "./Urgency.ts"

/** Is told when a piece begins to be fetched, and when it is given up before it was filled. */
export interface Watcher {
  readonly begun: (piece: number) => void
  readonly ended: (piece: number, verdict: "dropped") => void
}

export interface BeginningsOptions {
  readonly ledger: Ledger
  readonly askers: Askers
  readonly fillings: Fillings
  readonly evidence: Evidence
  readonly urgency: Urgency
  /** Gives a buffer for a piece, or nothing while all are out. */
  readonly lend: () => Uint8Array | undefined
  /** Is given what is left over of an earlier time, and was sent by this peer. */
  readonly arrive: (filling: Filling, block: number, bytes: Uint8Array, sender: string) => void
}

export class Beginnings {
  readonly #of: BeginningsOptions
  #returned = 0
  #watcher: Watcher | undefined

  constructor(options: BeginningsOptions) {
    this.#of = options
  }

  /** How often something has come back that was being fetched. */
  get returned(): number {
    return this.#returned
  }

  /** From now on the watcher is told. */
  watch(watcher: Watcher | undefined): void {
    this.#watcher = watcher
  }

  /** A piece begins, if there is a buffer for it. Where readers wait for it, also that of a piece for which none waits, if at most this share of that is here. */
  begin(piece: number, asker: Asker, unhurried?: number): Filling | undefined {
    const buffer =
      this.#of.lend() ??
      this.#bufferOfOrphan(asker) ??
      (unhurried === undefined ? undefined : this.#bufferOfUnhurried(unhurried))
    return buffer && this.#fill(piece, buffer, asker)
  }

  /** The same piece without the blocks that are here; who still sends some of the old one's finds that it is no longer filling. */
  anew(filling: Filling, asker: Asker): Filling {
    const { buffer, piece } = filling
    this.#of.fillings.keepApart(filling)
    this.#drop(filling)
    return this.#fill(piece, buffer, asker)
  }

  /** Something may be asked for again. */
  freed(): void {
    this.#returned++
    this.#of.urgency.freed()
  }

  /** A piece is missing again. */
  giveBack(piece: number): void {
    this.#of.ledger.giveBack(piece)
    this.freed()
  }

  #fill(piece: number, buffer: Uint8Array, { peer }: Asker): Filling {
    const { arrive, fillings, ledger } = this.#of
    ledger.begin(piece)
    this.#watcher?.begun(piece)
    return fillings.begin(piece, buffer, peer, (filling, block, bytes) => arrive(filling, block, bytes, peer))
  }

  #drop(filling: Filling): void {
    this.#watcher?.ended(filling.piece, "dropped")
    this.#of.fillings.drop(filling)
    this.giveBack(filling.piece)
  }

  /** The buffer of a piece that was left and that this asker cannot go on with: nobody would give it back while that piece waits for somebody else. */
  #bufferOfOrphan(asker: Asker): Uint8Array | undefined {
    for (const orphan of this.#of.fillings.orphans) {
      if (this.#of.askers.isSomebodyElse(orphan.piece, asker)) continue
      this.#drop(orphan)
      return orphan.buffer
    }
    return undefined
  }

  /** The buffer of a piece for which no reader waits: of the one of which the least is here, and at most this share of it. */
  #bufferOfUnhurried(most: number): Uint8Array | undefined {
    const { askers, evidence, fillings, urgency } = this.#of
    let least: Filling | undefined
    for (const filling of fillings) {
      if (urgency.wants(filling.piece) || evidence.isContested(filling.piece)) continue
      if (least === undefined || filling.here < least.here) least = filling
    }
    if (least === undefined || least.here > most * least.blocks) return undefined
    for (const asker of askers) asker.abandon(least)
    this.#drop(least)
    return least.buffer
  }
}

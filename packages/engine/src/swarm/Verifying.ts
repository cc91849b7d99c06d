/**
 * From a filled piece to its verdict: stored, or whose fault it was.
 *
 * Invariant: whoever is condemned, here or gone, is not asked again, and nothing of what it sent counts any more.
 */
import { Geometry } from "@unchoke/protocol"
import { Effect } from "effect"
import type { DownloadEvent } from "../DownloadEvent.ts"
import type { PieceSpans } from "../observe/PieceSpans.ts"
import { CorruptPiece } from "../peer/errors.ts"
import type { Link } from "../peer/Link.ts"
import type { Filling } from "../pieces/Filling.ts"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import type { Candidates } from "../sources/Candidates.ts"
import type { StoredTorrent } from "../storage/PieceStore.ts"
import type { Members } from "./Members.ts"
import type { Verdicts } from "./Verdicts.ts"
import type { WebSeeds } from "./web/WebSeeds.ts"

export interface VerifyingOptions {
  readonly store: StoredTorrent
  readonly plan: PiecePlan
  readonly candidates: Candidates
  readonly verdicts: Verdicts
  readonly members: Members
  readonly webSeeds: WebSeeds
  /** Where somebody traces. */
  readonly spans: PieceSpans | undefined
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
  /** A piece is stored. */
  readonly stored: (piece: number) => void
  /** All that is wanted is stored, and told: once. */
  readonly completed: Effect.Effect<void>
}

export class Verifying {
  readonly #options: VerifyingOptions
  /** Everybody whom we have downloaded from, by name. */
  readonly #met = new Map<string, Pick<Link, "peer" | "seen">>()
  /** Those of them who have left, and had given something. */
  readonly #gave = new Set<string>()
  /** How many pieces are stored of which nobody has been told yet. */
  #untold = 0

  constructor(options: VerifyingOptions) {
    this.#options = options
  }

  /** What this peer gives is it answerable for, also when it has left. */
  meet(name: string, who: Pick<Link, "peer" | "seen">): void {
    this.#met.set(name, who)
  }

  /** It has left. Of who has never given anything nothing is kept. */
  part(name: string, who: Pick<Link, "peer" | "seen">, gave: boolean): void {
    if (gave) this.#gave.add(name)
    if (this.#gave.has(name)) this.#met.set(name, who)
    else this.#met.delete(name)
  }

  readonly verify = (filling: Filling) =>
    Effect.gen({ self: this }, function* () {
      const { completed, members, plan, report, spans, store, stored, verdicts, webSeeds } = this.#options
      const { buffer, piece } = filling
      const exhibit = plan.exhibit(filling)
      spans?.filled(piece)
      const verdict = yield* store.write(piece, buffer)
      spans?.ended(piece, verdict, exhibit.senders)
      if (verdict === "stored") {
        const guilty = plan.store(exhibit)
        const { pieces, stored: here } = plan.extent
        this.#untold++
        for (const name of guilty) yield* this.#condemn(name, piece)
        verdicts.progress(exhibit.senders)
        const bytes = Geometry.pieceSize(plan.geometry, piece)
        for (const member of members) member.stored(piece)
        webSeeds.stored(piece)
        stored(piece)
        yield* report({ _tag: "PieceStored", piece, bytes, stored: here, pieces })
        this.#untold--
        // Others may be stored, and wait for their event to be taken: the last one of them is the end.
        if (plan.complete && this.#untold === 0) yield* completed
      } else {
        const culprit = plan.reject(exhibit)
        yield* report({ _tag: "PieceCorrupt", piece })
        if (culprit !== undefined) yield* this.#condemn(culprit, piece)
        else for (const name of new Set(exhibit.senders)) verdicts.setback(name)
        members.nudge()
      }
    })

  readonly #condemn = (name: string, piece: number) =>
    Effect.gen({ self: this }, function* () {
      const { candidates, members, plan, report, verdicts, webSeeds } = this.#options
      const webSeed = webSeeds.of(name)
      if (webSeed !== undefined) {
        plan.disown(name)
        return webSeed.condemn(piece)
      }
      // A web seed that is gone already is not asked again anyway.
      if (!this.#met.has(name)) return plan.disown(name)
      const met = this.#met.get(name)!
      const { peer } = met
      if (candidates.isBanned(peer)) return
      const error = new CorruptPiece({ peer, seen: met.seen(), piece })
      plan.disown(name)
      verdicts.judge(error)
      const member = members.of(name)
      if (member === undefined) yield* report({ _tag: "Condemned", peer, error })
      else member.dismiss(error)
    })
}

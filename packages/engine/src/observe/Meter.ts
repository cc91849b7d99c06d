/**
 * The metrics of a run, folded from what it reports.
 *
 * Invariant: who was counted as connected is not any more when the run has ended, however it did.
 */
import { type Context, Duration, Metric } from "effect"
import { NetAddress } from "effect/net"
import type { DownloadEvent } from "../DownloadEvent.ts"
import type { SurveyEvent } from "../SurveyEvent.ts"
import type { Seen } from "../peer/errors.ts"
import { verdictInWords } from "../peer/verdictInWords.ts"
import type { Standing } from "../peer/Terms.ts"
import * as Metrics from "./Metrics.ts"

interface Here {
  standing: Standing
  serving: boolean
  /** Since when it has not unchoked us, where that is to be told. */
  since: number | undefined
}

export class Meter {
  readonly #context: Context.Context<never>
  readonly #now: () => number
  readonly #here = new Map<string, Here>()
  /** Those of whom only their `unchoke` is missing: how long it takes, the probe knows. */
  readonly #parked = new Set<string>()

  /** `now` is a stopwatch, in milliseconds. */
  constructor(context: Context.Context<never>, now: () => number) {
    this.#context = context
    this.#now = now
  }

  see(event: DownloadEvent | SurveyEvent): void {
    switch (event._tag) {
      case "Parked":
        return void this.#parked.add(NetAddress.formatInet(event.peer))
      case "Rejected":
        this.#parked.delete(NetAddress.formatInet(event.peer))
        return this.#outcome(verdictInWords(event.error))
      case "Passed":
        return this.#passed(event, "passed")
      case "Partial":
        return this.#passed(event, "partial")
      case "Joined":
        return this.#joined(event)
      case "Standing":
        return this.#stands(event)
      case "Left":
        return this.#left(NetAddress.formatInet(event.peer))
      case "PieceStored":
        return Metrics.stored.updateUnsafe(1, this.#context)
      case "PieceCorrupt":
        return Metrics.corrupt.updateUnsafe(1, this.#context)
    }
  }

  /** The run has ended. */
  end(): void {
    for (const name of this.#here.keys()) this.#left(name)
  }

  #passed({ peer, seen }: { readonly peer: NetAddress.InetAddress; readonly seen: Seen }, verdict: string): void {
    this.#parked.delete(NetAddress.formatInet(peer))
    if (seen.unchoke !== undefined) this.#took(Duration.toMillis(seen.unchoke))
    this.#outcome(verdict)
  }

  #joined({ incoming, peer, seen }: Extract<DownloadEvent, { _tag: "Joined" }>): void {
    const name = NetAddress.formatInet(peer)
    this.#left(name)
    const isProbed = this.#parked.delete(name)
    if (isProbed && seen.unchoke !== undefined) this.#took(Duration.toMillis(seen.unchoke))
    if (!incoming) this.#outcome("joined")
    this.#here.set(name, { standing: "idle", serving: false, since: isProbed ? undefined : this.#now() })
    Metrics.linksOf.idle.modifyUnsafe(1, this.#context)
  }

  #stands({ peer, serving, standing }: Extract<DownloadEvent, { _tag: "Standing" }>): void {
    const here = this.#here.get(NetAddress.formatInet(peer))
    if (here === undefined) return
    this.#count(here, -1)
    here.standing = standing
    here.serving = serving
    this.#count(here, 1)
    if (standing !== "supplying" || here.since === undefined) return
    this.#took(this.#now() - here.since)
    here.since = undefined
  }

  #left(name: string): void {
    const here = this.#here.get(name)
    if (here === undefined) return
    this.#here.delete(name)
    this.#count(here, -1)
  }

  #count({ serving, standing }: Here, by: number): void {
    Metrics.linksOf[standing].modifyUnsafe(by, this.#context)
    if (serving) Metrics.served.modifyUnsafe(by, this.#context)
  }

  #outcome(verdict: string): void {
    outcomeOf(verdict).updateUnsafe(1, this.#context)
  }

  #took(milliseconds: number): void {
    Metrics.timeToUnchoke.updateUnsafe(milliseconds / 1000, this.#context)
  }
}

/** As many as there are verdicts. */
const outcomesBy = new Map<string, Metric.Counter<number>>()

const outcomeOf = (verdict: string): Metric.Counter<number> => {
  const known = outcomesBy.get(verdict)
  if (known !== undefined) return known
  const fresh = Metric.withAttributes(Metrics.outcomes, { verdict }) as Metric.Counter<number>
  outcomesBy.set(verdict, fresh)
  return fresh
}

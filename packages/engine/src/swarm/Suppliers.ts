/**
 * The links that we download from at this moment, and how many there should be.
 *
 * Invariant: a supplier is here from its `join` until its `leave`; whoever has left is neither refilled nor counted.
 */
import type { Effect } from "effect"
import type { NetAddress } from "effect/net"
import type { Drain } from "../peer/Drain.ts"
import type { CorruptPiece, Seen, TooSlow } from "../peer/errors.ts"
import { noticedAfter } from "../peer/Patience.ts"

/** A link that is being drained. */
export interface Supplier {
  readonly peer: NetAddress.InetAddress
  readonly seen: () => Seen
  readonly drain: Drain
  /** Ends it. */
  readonly dismiss: (why: CorruptPiece | TooSlow) => Effect.Effect<void>
}

/** So many links at once at the most, while we look for somebody who gives. */
const mostBeside = 32

/** Whoever gives so many times less than the best is not worth its place. */
const timesSlower = 8

export class Suppliers {
  readonly #here = new Map<string, Supplier>()

  join(name: string, supplier: Supplier): void {
    this.#here.set(name, supplier)
  }

  leave(name: string): void {
    this.#here.delete(name)
  }

  of(name: string): Supplier | undefined {
    return this.#here.get(name)
  }

  /** Whether somebody besides this one gives. */
  anyGivingBut(name: string): boolean {
    for (const [other, { drain }] of this.#here) if (other !== name && drain.poorFor() === 0) return true
    return false
  }

  /** A buffer has come back, or a piece was left: everybody may ask for more. */
  nudge(): void {
    for (const { drain } of this.#here.values()) drain.nudge()
  }

  /**
   * How many links there should be, when `links` are wanted: more while fewer than that give anything and others could be tried, twice as many each time, because a
   * list may begin with fifty peers who unchoke us and give nothing.
   */
  wanted(links: number, othersToTry: boolean): number {
    const { giving, idle, poor } = this.#byStanding()
    if (!othersToTry || giving.length >= links) return links
    return Math.max(links, Math.min(mostBeside, giving.length + 2 * (poor.length + idle.length)))
  }

  /**
   * Those who are to go, of those that have given next to nothing for `patience` milliseconds: all of whom somebody does far better who can be relied on (when there are `links` of
   * these), all when there is no place left for others, and the worst one when somebody has nothing to do because of what they hold.
   */
  outdone(links: number, patience: number, othersToTry: boolean): ReadonlyArray<Supplier> {
    const { giving, idle } = this.#byStanding()
    const poor = this.poorFor(patience)
    if (othersToTry && this.#here.size >= mostBeside) return poor
    const proven = giving.filter(({ drain }) => drain.isProven())
    const best = proven.reduce((most, { drain }) => Math.max(most, drain.rates().peak), 0)
    const slower = proven.length < links ? [] : poor.filter(({ drain }) => drain.rates().late * timesSlower < best)
    return slower.length > 0 || idle.length === 0 ? slower : poor.slice(0, 1)
  }

  /** Those that have given next to nothing for so many milliseconds, the worst first. */
  poorFor(patience: number): ReadonlyArray<Supplier> {
    return [...this.#here.values()]
      .filter(({ drain }) => drain.poorFor() >= patience)
      .toSorted((a, b) => b.drain.poorFor() - a.drain.poorFor())
  }

  /** Everybody, when nothing is asked of any of them. */
  get idle(): ReadonlyArray<Supplier> {
    const here = [...this.#here.values()]
    return here.some(({ drain }) => drain.owes()) ? [] : here
  }

  #byStanding() {
    const {
      giving = [],
      idle = [],
      poor = [],
    } = Object.groupBy(this.#here.values(), ({ drain }) =>
      drain.poorFor() > 0 ? "poor" : drain.idleFor() >= noticedAfter ? "idle" : "giving",
    )
    return { giving, idle, poor }
  }
}

/**
 * The links that we download from at this moment, and how many there should be.
 *
 * Invariant: a supplier is here from its `join` until its `leave`; whoever has left is neither refilled nor counted.
 */
import { Effect } from "effect"
import type { NetAddress } from "effect/net"
import type { Drain } from "./Drain.ts"
import type { CorruptPiece, Seen, Stalled, TooSlow } from "./errors.ts"

/** A link that is being drained. */
export interface Supplier {
  readonly peer: NetAddress.InetAddress
  readonly seen: () => Seen
  readonly drain: Drain
  /** Ends it. */
  readonly dismiss: (why: CorruptPiece | TooSlow | Stalled) => Effect.Effect<void>
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
  readonly refill: Effect.Effect<void> = Effect.suspend(() =>
    Effect.forEach([...this.#here.values()], ({ drain }) => drain.refill, { discard: true }),
  )

  /**
   * How many links there should be, when `links` are wanted: more while fewer than that give anything and others could be tried, twice as many each time, because a
   * list may begin with fifty peers who unchoke us and give nothing.
   */
  wanted(links: number, othersToTry: boolean): number {
    const { giving, poor } = this.#byStanding()
    if (!othersToTry || giving.length >= links) return links
    return Math.max(links, Math.min(mostBeside, giving.length + 2 * poor.length))
  }

  /** Those that give next to nothing, when `links` others can be relied on and the best of them gives far more. */
  outdone(links: number): ReadonlyArray<Supplier> {
    const { giving, poor } = this.#byStanding()
    const proven = giving.filter(({ drain }) => drain.isProven())
    if (proven.length < links) return []
    const best = proven.reduce((most, { drain }) => Math.max(most, drain.rate()), 0)
    return poor.filter(({ drain }) => drain.rate() * timesSlower < best)
  }

  /** Those that have given next to nothing for so many milliseconds. */
  poorFor(patience: number): ReadonlyArray<Supplier> {
    return [...this.#here.values()].filter(({ drain }) => drain.poorFor() >= patience)
  }

  /** Everybody, when nothing is asked of any of them. */
  get idle(): ReadonlyArray<Supplier> {
    const here = [...this.#here.values()]
    return here.some(({ drain }) => drain.owes()) ? [] : here
  }

  #byStanding() {
    const { giving = [], poor = [] } = Object.groupBy(this.#here.values(), ({ drain }) =>
      drain.poorFor() === 0 ? "giving" : "poor",
    )
    return { giving, poor }
  }
}

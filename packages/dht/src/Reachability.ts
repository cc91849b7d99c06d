/**
 * Whether others can reach us, or only answer (BEP 43).
 *
 * Who cannot be reached does harm in others' tables, so we say `ro` until somebody whom we have not asked calls us. Nobody would who has never heard of us: one question in eight goes without it, and
 * those who hear it name us to others if they can. Invariant: at most `maxAsked` whom we asked are remembered.
 */
import * as Endpoint from "./Endpoint.ts"
import type { Random } from "./Random.ts"

/** Milliseconds that one call proves it for. */
const proof = 30 * 60_000
/** Home routers forget after some minutes whom we asked; so many lookups we do not make in these. */
const maxAsked = 2000
const oneIn = 8

export class Reachability {
  readonly #random: Random
  readonly #asked = new Set<string>()
  #calledAt = -Infinity

  constructor(random: Random) {
    this.#random = random
  }

  askedOf(endpoint: Endpoint.Endpoint): void {
    const node = Endpoint.nodeOf(endpoint)
    this.#asked.delete(node)
    this.#asked.add(node)
    if (this.#asked.size > maxAsked) this.#asked.delete(this.#asked.values().next().value!)
  }

  calledBy(endpoint: Endpoint.Endpoint, now: number): void {
    if (!this.#asked.has(Endpoint.nodeOf(endpoint))) this.#calledAt = now
  }

  isReachable(now: number): boolean {
    return now - this.#calledAt < proof
  }

  /** Whether the next question says that we cannot be asked. */
  saysReadOnly(now: number): boolean {
    return !this.isReachable(now) && this.#random.below(oneIn) !== 0
  }
}

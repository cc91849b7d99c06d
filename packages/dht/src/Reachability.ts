/**
 * Whether others can reach us, or only answer (BEP 43).
 *
 * Who cannot be reached does harm in others' tables, so we say `ro` until somebody calls us whom we have not asked lately. Nobody would who has never heard of us: one question in eight goes without it, and
 * those who hear it name us to others if they can. Invariant: at most `maxAsked` whom we asked are remembered.
 */
import * as Endpoint from "./Endpoint.ts"
import type { Random } from "./Random.ts"

/** Milliseconds that one call proves it for. */
const proof = 30 * 60_000
/** Milliseconds after which no home router lets in an answer any more: whoever comes then comes by itself. */
const memory = 10 * 60_000
/** So many we do not ask in that time, or it takes longer until we know. */
const maxAsked = 2000
const oneIn = 8

export class Reachability {
  readonly #random: Random
  /** When we asked whom last, the latest last. */
  readonly #asked = new Map<string, number>()
  #calledAt = -Infinity

  constructor(random: Random) {
    this.#random = random
  }

  asks(endpoint: Endpoint.Endpoint, now: number): void {
    const node = Endpoint.nodeOf(endpoint)
    this.#asked.delete(node)
    this.#asked.set(node, now)
    if (this.#asked.size > maxAsked) this.#asked.delete(this.#asked.keys().next().value!)
  }

  calledBy(endpoint: Endpoint.Endpoint, now: number): void {
    if (now - (this.#asked.get(Endpoint.nodeOf(endpoint)) ?? -Infinity) >= memory) this.#calledAt = now
  }

  isReachable(now: number): boolean {
    return now - this.#calledAt < proof
  }

  /** Whether the next question says that we cannot be asked. */
  saysReadOnly(now: number): boolean {
    return !this.isReachable(now) && this.#random.below(oneIn) !== 0
  }
}

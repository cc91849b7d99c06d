/**
 * What we have asked and not heard of yet.
 *
 * Invariants: at most `maxQuestions`; an answer counts only with the name that we gave the question, from whom it went to; each ends once: answered, refused, or `undefined` when its time is over.
 */
import * as ByteString from "./ByteString.ts"
import type * as Endpoint from "./Endpoint.ts"
import type { Refusal, Response } from "./Krpc.ts"
import type { Random } from "./Random.ts"

/** More than all lookups ask at a time. */
export const maxQuestions = 512

export type Outcome = Response | Refusal | undefined

interface Asked {
  readonly endpoint: Endpoint.Endpoint
  readonly until: number
  readonly ended: (outcome: Outcome, now: number) => void
}

export class Questions {
  readonly #random: Random
  readonly #asked = new Map<string, Asked>()

  constructor(random: Random) {
    this.#random = random
  }

  get hasRoom(): boolean {
    return this.#asked.size < maxQuestions
  }

  /** When the next one's time is over. */
  get nextTime(): number {
    let next = Infinity
    for (const { until } of this.#asked.values()) next = Math.min(next, until)
    return next
  }

  /** Its name. */
  add(endpoint: Endpoint.Endpoint, until: number, ended: Asked["ended"]): string {
    const name = ByteString.fromBytes(this.#random.bytes(4))
    this.#asked.set(name, { endpoint, until, ended })
    return name
  }

  /** What is to be done with an answer of that name from there, if it was expected. */
  take(name: string, from: Endpoint.Endpoint): Asked["ended"] | undefined {
    const asked = this.#asked.get(name)
    if (asked?.endpoint !== from) return undefined
    this.#asked.delete(name)
    return asked.ended
  }

  expire(now: number): void {
    for (const [name, { ended, until }] of this.#asked) {
      if (until > now) continue
      this.#asked.delete(name)
      ended(undefined, now)
    }
  }
}

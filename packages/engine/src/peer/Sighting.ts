/** What we learn of one peer in the course of its probe, with the time each step took. */
import { Duration } from "effect"
import type { Approach } from "./Approach.ts"
import type { Seen } from "./errors.ts"

/** A growing record; `seen` is the fact sheet at this moment. */
export class Sighting {
  client: string | undefined
  have: number | undefined
  approach: Approach = {}
  readonly #now: () => number
  readonly #started: number
  readonly #took: { connect?: Duration.Duration; handshake?: Duration.Duration; unchoke?: Duration.Duration } = {}
  #stepBegan: number

  /** `now` is a stopwatch, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now
    this.#started = this.#stepBegan = now()
  }

  /** A step begins now: the dial, the handshake, the wait for `unchoke`. */
  begin(): void {
    this.#stepBegan = this.#now()
  }

  /** The step that began last is done. Only the first of a kind counts. */
  done(step: "connect" | "handshake" | "unchoke"): void {
    this.#took[step] ??= this.#since(this.#stepBegan)
    this.begin()
  }

  get seen(): Seen {
    const { encrypted } = this.approach
    return {
      ...this.#took,
      ...(encrypted === undefined || encrypted === "under way" ? {} : { encrypted }),
      ...(this.client === undefined ? {} : { client: this.client }),
      ...(this.have === undefined ? {} : { have: this.have }),
      elapsed: this.#since(this.#started),
    }
  }

  #since(moment: number): Duration.Duration {
    return Duration.millis(Math.round(this.#now() - moment))
  }
}

/** What we learn of one peer in the course of its probe, with the time each step took. */
import { type Clock, Duration } from "effect"
import type { Seen } from "./errors.ts"

/** A growing record; `seen` is the fact sheet at this moment. */
export class Sighting {
  client: string | undefined
  have: number | undefined
  readonly #clock: Clock.Clock
  readonly #started: number
  readonly #took: { connect?: Duration.Duration; handshake?: Duration.Duration; unchoke?: Duration.Duration } = {}
  #stepBegan: number

  constructor(clock: Clock.Clock) {
    this.#clock = clock
    this.#started = this.#stepBegan = clock.currentTimeMillisUnsafe()
  }

  /** A step begins now: the dial, the handshake, the wait for `unchoke`. */
  begin(): void {
    this.#stepBegan = this.#clock.currentTimeMillisUnsafe()
  }

  /** The step that began last is done. Only the first of a kind counts. */
  done(step: "connect" | "handshake" | "unchoke"): void {
    this.#took[step] ??= Duration.millis(this.#clock.currentTimeMillisUnsafe() - this.#stepBegan)
    this.begin()
  }

  get seen(): Seen {
    return {
      ...this.#took,
      ...(this.client === undefined ? {} : { client: this.client }),
      ...(this.have === undefined ? {} : { have: this.have }),
      elapsed: Duration.millis(this.#clock.currentTimeMillisUnsafe() - this.#started),
    }
  }
}

/** One permit of a semaphore, for whoever gives it back at one of several moments: it is given back once, and only if it was taken. */
import { Effect } from "effect"

/** What permits are taken from: a semaphore, or several of them. */
export interface Permits {
  take(permits: number): Effect.Effect<number>
  release(permits: number): Effect.Effect<number>
}

export class Permit {
  readonly #of: Permits
  #taken = false

  constructor(of: Permits) {
    this.#of = of
  }

  readonly take: Effect.Effect<void> = Effect.suspend(() =>
    Effect.uninterruptibleMask((restore) =>
      Effect.map(restore(this.#of.take(1)), () => {
        this.#taken = true
      }),
    ),
  )

  readonly release: Effect.Effect<void> = Effect.suspend(() => {
    if (!this.#taken) return Effect.void
    this.#taken = false
    return Effect.asVoid(this.#of.release(1))
  })
}

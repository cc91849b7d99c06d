/** One permit of a semaphore, for whoever gives it back at one of several moments: it is given back once, and only if it was taken. */
import { Effect, type Semaphore } from "effect"

export class Permit {
  readonly #of: Semaphore.Semaphore
  #taken = false

  constructor(of: Semaphore.Semaphore) {
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

/** Conversations of which we do not know yet what will come of them: as long as there are any, there is hope. */
import { Effect } from "effect"

export class Prospects {
  #open = 0

  get any(): boolean {
    return this.#open > 0
  }

  /** One more, until it has ended. */
  readonly during = <A, E, R>(conversation: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      this.#open++
      return Effect.ensuring(
        conversation,
        Effect.sync(() => void this.#open--),
      )
    })
}

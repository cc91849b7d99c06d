/** The connections that there may be, of one torrent and of all together; and how many wait for one. */
import { Effect, type Semaphore } from "effect"
import type { Permits } from "../probe/Permit.ts"

export class Seats implements Permits {
  readonly #of: ReadonlyArray<Semaphore.Semaphore>
  #waiting = 0

  /** One permit of each is a seat; whoever waits for the last of them holds the others. */
  constructor(...of: ReadonlyArray<Semaphore.Semaphore>) {
    this.#of = of
  }

  /** How many wait for a seat: whoever can't help should make room. */
  get waiting(): number {
    return this.#waiting
  }

  readonly take = (permits: number): Effect.Effect<number> =>
    Effect.suspend(() => {
      this.#waiting++
      return Effect.uninterruptibleMask((restore) => takeAll(this.#of, permits, restore)).pipe(
        Effect.ensuring(Effect.sync(() => void this.#waiting--)),
        Effect.as(permits),
      )
    })

  readonly release = (permits: number): Effect.Effect<number> =>
    Effect.as(
      Effect.forEach(this.#of, (semaphore) => semaphore.release(permits), { discard: true }),
      permits,
    )
}

const takeAll = (
  [first, ...others]: ReadonlyArray<Semaphore.Semaphore>,
  permits: number,
  restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
): Effect.Effect<void> => {
  if (first === undefined) return Effect.void
  return Effect.andThen(
    restore(first.take(permits)),
    Effect.onError(takeAll(others, permits, restore), () => first.release(permits)),
  )
}

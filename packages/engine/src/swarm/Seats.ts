/** The connections that there may be, of one torrent and of all together; and how many wait for one. */
import { Effect, type Semaphore } from "effect"
import type { Permits } from "../probe/Permit.ts"
import type { Share } from "./Hall.ts"

export class Seats implements Permits {
  readonly #of: ReadonlyArray<Permits>
  readonly #share: Share
  #waiting = 0

  /** One permit of each is a seat; whoever waits for that of the session holds the torrent's. */
  constructor(own: Semaphore.Semaphore, share: Share) {
    this.#of = [own, share]
    this.#share = share
  }

  /** How many others should have instead of us: those that have fewer, and wait. */
  get owed(): number {
    return this.#share.owed
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
      Effect.forEach(this.#of, (each) => each.release(permits), { discard: true }),
      permits,
    )
}

const takeAll = (
  [first, ...others]: ReadonlyArray<Permits>,
  permits: number,
  restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
): Effect.Effect<void> => {
  if (first === undefined) return Effect.void
  return Effect.andThen(
    restore(first.take(permits)),
    Effect.onError(takeAll(others, permits, restore), () => first.release(permits)),
  )
}

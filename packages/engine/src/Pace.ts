/** How fast we may dial: a burst, then a steady rate. Home routers stall at some 500 connections a second (libtorrent #3699). */
import { Clock, Effect } from "effect"

export interface PaceOptions {
  /** How many may go at once. */
  readonly burst: number
  /** How many a second after that. */
  readonly perSecond: number
}

/** The pace that home routers bear: a long list at once, then gently. */
export const gentle: PaceOptions = { burst: 256, perSecond: 100 }

/** An effect that ends as soon as one more may go. */
export const make = ({ burst, perSecond }: PaceOptions): Effect.Effect<Effect.Effect<void>> =>
  Effect.map(Clock.currentTimeMillis, (start) => {
    /** When the bucket will be (or was) full. */
    let full = start
    const step = 1000 / perSecond
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      full = Math.max(full, now) + step
      const wait = full - now - burst * step
      return wait > 0 ? Effect.sleep(Math.ceil(wait)) : Effect.void
    })
  })

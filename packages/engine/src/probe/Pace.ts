/**
 * How fast we may dial: a burst, a spurt, then a steady rate.
 *
 * Home routers stall at some 500 connections a second that go on (libtorrent #3699). A list of two thousand of which one is alive is over in two seconds, and is worth them.
 */
import { Duration, Effect } from "effect"
import { stopwatch } from "../monotonic.ts"

/** A bucket of dials: so many at once, and so many a second come back. */
export interface Bucket {
  readonly burst: number
  readonly perSecond: number
}

/** Every bucket has its say: 256 at once, then 1000 a second, until two thousand have gone; then 100 a second. */
export const gentle: ReadonlyArray<Bucket> = [
  { burst: 256, perSecond: 1000 },
  { burst: 2000, perSecond: 100 },
]

/** An effect that ends as soon as one more may go. */
export const make = (buckets: ReadonlyArray<Bucket>): Effect.Effect<Effect.Effect<void>> =>
  Effect.map(stopwatch, (clock) => {
    const waits = buckets.map(waitOf)
    return Effect.suspend(() => {
      const now = clock()
      const wait = Math.max(...waits.map((take) => take(now)))
      return wait > 0 ? Effect.sleep(Duration.millis(Math.ceil(wait))) : Effect.void
    })
  })

/** Takes one out; how long that has to wait, in milliseconds. */
const waitOf = ({ burst, perSecond }: Bucket) => {
  const step = 1000 / perSecond
  /** When the bucket will be (or was) full. */
  let full = -Infinity
  return (now: number): number => {
    full = Math.max(full, now) + step
    return full - now - burst * step
  }
}

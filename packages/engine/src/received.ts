/** Sums up received bytes and reports them ten times a second: one event a read would be thousands. */
import { type Clock, Effect } from "effect"

/** The time between two reports, in milliseconds. */
const reportEvery = 100

export const received = (report: (bytes: number) => Effect.Effect<void>) =>
  Effect.map(Effect.clockWith(Effect.succeed<Clock.Clock>), (clock) => {
    let sum = 0
    let reported = clock.currentTimeMillisUnsafe()
    return (bytes: number) => {
      sum += bytes
      const now = clock.currentTimeMillisUnsafe()
      if (now - reported < reportEvery) return Effect.void
      const due = sum
      sum = 0
      reported = now
      return report(due)
    }
  })

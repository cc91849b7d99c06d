/** Sums up received bytes and reports them ten times a second: one event a read would be thousands. */
import { Effect } from "effect"
import { stopwatch } from "../monotonic.ts"

/** The time between two reports, in milliseconds. */
const reportEvery = 100

export const received = (report: (bytes: number) => Effect.Effect<void>) =>
  Effect.map(stopwatch, (clock) => {
    let sum = 0
    let reported = clock()
    return (bytes: number) => {
      sum += bytes
      const now = clock()
      if (now - reported < reportEvery) return Effect.void
      const due = sum
      sum = 0
      reported = now
      return report(due)
    }
  })

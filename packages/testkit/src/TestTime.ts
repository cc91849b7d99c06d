/**
 * Moving Effect's `TestClock` without overtaking the fibers that it drives.
 *
 * `TestClock.adjust` yields once before it moves time. A fiber that had not got as far as its own `sleep` by then sleeps from the later time on: a deadline of 5 s that `adjust("5 seconds")` was to
 * reach is not reached, and the test hangs or proves nothing. Between messages of a peer and its socket, engine and disk there are many such yields.
 */
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"

/** Lets every fiber run until all of them wait, for time or for each other. */
export const settle = Effect.repeat(Effect.yieldNow, { times: 500 })

/** Moves time to each of these moments (from now, ascending), letting everybody act in between. */
export const visit = Effect.fnUntraced(function* (moments: Iterable<Duration.Input>) {
  let now = 0
  yield* settle
  for (const moment of Array.from(moments, (moment) => Duration.toMillis(moment))) {
    yield* TestClock.adjust(moment - now)
    now = moment
    yield* settle
  }
})

/** Lets so much time pass, in ten steps. */
export const pass = (time: Duration.Input) => {
  const step = Duration.toMillis(time) / 10
  return visit(Array.from({ length: 10 }, (_, i) => (i + 1) * step))
}

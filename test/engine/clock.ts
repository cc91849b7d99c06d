/** Moving a test clock without overtaking the fibers that it drives. */
import { Effect } from "effect"
import { TestClock } from "effect/testing"

/** Lets every fiber run until all of them wait: `TestClock.adjust` yields only once before it moves time. */
export const settle = Effect.repeat(Effect.yieldNow, { times: 500 })

/** Moves time to each of these moments (milliseconds from now, ascending), letting everybody act in between. */
export const visit = Effect.fnUntraced(function* (moments: Iterable<number>) {
  let now = 0
  yield* settle
  for (const moment of moments) {
    yield* TestClock.adjust(moment - now)
    now = moment
    yield* settle
  }
})

/** Lets so many seconds pass, in ten steps. */
export const pass = (seconds: number) => visit(Array.from({ length: 10 }, (_, i) => (i + 1) * 100 * seconds))

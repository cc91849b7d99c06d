/** Durations are measured with the clock that nobody can set: the wall clock jumps when the user, NTP or a summer night moves it. */
import { type Clock, Effect } from "effect"

/** Milliseconds since some moment, never running backwards: to be subtracted from each other, and for nothing else. */
export const monotonicMillis = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

/** The same for the clock in use: read it as often as you like. */
export const stopwatch: Effect.Effect<() => number> = Effect.clockWith((clock) =>
  Effect.succeed(() => monotonicMillis(clock)),
)

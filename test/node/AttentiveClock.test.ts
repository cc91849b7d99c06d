import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { AttentiveClock } from "../../packages/node/src/AttentiveClock.ts"

/** A clock over a machine whose time we move ourselves; only its timers are real. */
const machine = () => {
  let nanos = 5_000_000_000n
  const clock = new AttentiveClock(() => nanos)
  const seconds = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e9
  return { clock, seconds, pass: (millis: number) => void (nanos += BigInt(millis) * 1_000_000n) }
}

describe("AttentiveClock", () => {
  it.live("a pause while somebody sleeps counts for nothing", () =>
    Effect.gen(function* () {
      const { clock, pass, seconds } = machine()
      const sleeper = yield* Effect.forkChild(clock.sleep(Duration.millis(200)), { startImmediately: true })
      const before = seconds()
      pass(100)
      assert.closeTo(seconds() - before, 0.1, 1e-6)
      pass(60_000)
      assert.closeTo(seconds() - before, 0.1, 1e-6)
      yield* Effect.sleep(400)
      assert.isUndefined(sleeper.pollUnsafe(), "a hundred milliseconds are left")
      pass(100)
      yield* Fiber.join(sleeper)
    }),
  )

  it.live("time that nobody slept through is time", () =>
    Effect.sync(() => {
      const { pass, seconds } = machine()
      const before = seconds()
      pass(60_000)
      assert.closeTo(seconds() - before, 60, 1e-6)
    }),
  )

  it.live("sleeps as long as it is told to, and can be woken", () =>
    Effect.gen(function* () {
      const clock = new AttentiveClock()
      const before = clock.monotonicTimeNanosUnsafe()
      yield* clock.sleep(Duration.millis(30))
      assert.isAtLeast(Number(clock.monotonicTimeNanosUnsafe() - before) / 1e6, 29)
      const sleeper = yield* Effect.forkChild(clock.sleep(Duration.hours(1)))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(sleeper)
    }),
  )
})

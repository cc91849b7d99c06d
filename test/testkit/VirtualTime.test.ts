import { assert, describe, it } from "@effect/vitest"
import { VirtualTime } from "@unchoke/testkit"
import { Duration, Effect, Exit, Queue } from "effect"

describe("VirtualTime", () => {
  it.live("wakes who sleeps in the order of the times, and no fiber misses its turn before", () =>
    Effect.gen(function* () {
      const told = yield* VirtualTime.run(
        Effect.gen(function* () {
          const told: Array<string> = []
          const queue = yield* Queue.unbounded<string>()
          const tell = (word: string, after: Duration.Duration) =>
            Effect.forkChild(Effect.andThen(Effect.sleep(after), Queue.offer(queue, word)))
          yield* tell("an hour", Duration.hours(1))
          yield* tell("a second", Duration.seconds(1))
          yield* tell("another", Duration.seconds(1))
          const clock = yield* Effect.clockWith(Effect.succeed)
          for (let i = 0; i < 3; i++) told.push(`${yield* Queue.take(queue)} at ${clock.currentTimeMillisUnsafe()}`)
          return told
        }),
      )
      assert.deepStrictEqual(told, ["a second at 1000", "another at 1000", "an hour at 3600000"])
    }),
  )

  it.live("says when all wait for each other, or for too long", () =>
    Effect.gen(function* () {
      assert.isTrue(Exit.hasDies(yield* Effect.exit(VirtualTime.run(Effect.never))))
      const long = VirtualTime.run(Effect.sleep("2 hours"), { atMost: Duration.hours(1) })
      assert.isTrue(Exit.hasDies(yield* Effect.exit(long)))
    }),
  )
})

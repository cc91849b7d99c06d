import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Deferred, Effect, Schema } from "effect"
import { Chore } from "../../packages/engine/src/peer/Chore.ts"

const nobody = () => {}

describe("a chore", () => {
  it.effect("waits until it has begun, and has no fiber before and after", () =>
    Effect.sync(() => {
      let done = 0
      const chore = new Chore(() => Effect.sync(() => void done++))
      chore.due()
      assert.strictEqual(done, 0)
      chore.begin(Context.empty(), nobody)
      assert.strictEqual(done, 1)
      chore.due()
      assert.strictEqual(done, 2)
    }),
  )

  it.effect.prop(
    "is done by one fiber at a time, and once more for whatever became due meanwhile",
    [Schema.Array(Schema.Boolean)],
    ([steps]) =>
      Effect.gen(function* () {
        let atOnce = 0
        let begun = 0
        let due = false
        let gate = Deferred.makeUnsafe<void>()
        const chore = new Chore(() =>
          Effect.gen(function* () {
            assert.strictEqual(++atOnce, 1)
            begun++
            due = false
            yield* Deferred.await(gate)
            atOnce--
          }),
        )
        chore.begin(Context.empty(), (why) => assert.fail(Cause.pretty(why)))
        for (const asks of steps) {
          if (asks) {
            due = true
            chore.due()
          } else {
            const before = gate
            gate = Deferred.makeUnsafe<void>()
            yield* Deferred.succeed(before, undefined)
            yield* Effect.yieldNow
          }
          // What is due and not begun is so because the last time has not ended.
          assert.isTrue(!due || atOnce === 1)
        }
        const before = begun
        yield* chore.end
        chore.due()
        assert.strictEqual(begun, before)
      }),
  )

  it.effect("says why it has failed, once, and does nothing again", () =>
    Effect.sync(() => {
      const told: Array<string> = []
      const chore = new Chore(() => Effect.fail("no"))
      chore.begin(Context.empty(), (why) => told.push(String(Cause.squash(why))))
      chore.due()
      chore.due()
      assert.deepStrictEqual(told, ["no"])
    }),
  )
})

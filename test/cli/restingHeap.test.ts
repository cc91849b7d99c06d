import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { createRequire } from "node:module"

interface Process {
  readonly used: () => number
  readonly young: () => number
  readonly collect: () => void
}

const { lookAt } = createRequire(import.meta.url)("../../packages/cli/bin/restingHeap.js") as {
  readonly lookAt: (process: Process) => () => boolean
}

const MiB = 2 ** 20
const enough = 16 * MiB

/** How much it used and how large its young generation is, at each look. */
const Course = Schema.Array(
  Schema.Struct({
    used: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 500 })),
    young: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 32 })),
  }),
)

describe("a heap at rest", () => {
  it.prop("is collected while little is done and much is to gain, and once a minute at most", [Course], ([course]) => {
    let used = 0
    let young = 0
    const look = lookAt({ used: () => used, young: () => young, collect: () => (used += 150) })
    let last = -Infinity
    course.forEach((step, nth) => {
      used += step.used
      young = step.young * MiB
      const isDue = step.used < 250 && young >= enough && nth - last >= 12
      assert.strictEqual(look(), isDue)
      if (isDue) last = nth
    })
  })

  it("that was let grow is small again", () => {
    let young = 64 * MiB
    const look = lookAt({ used: () => 0, young: () => young, collect: () => (young = MiB) })
    assert.isTrue(look())
    assert.isFalse(look())
  })
})

/** What goes wrong very often is told a bounded number of times. */
import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import { Told } from "../../../packages/cli/src/many/Told.ts"

it.prop(
  "in no minute more than twenty are told, the first always; that there are more is said once for them",
  [Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9000 }))).check(Schema.isMinLength(1))],
  ([gaps]) => {
    const told = new Told()
    let now = 5000
    const moments = { tell: [] as Array<number>, "say that there are more": [] as Array<number>, count: [] }
    const hows = gaps.map((gap) => {
      now += gap
      const how = told.next(now)
      ;(moments[how] as Array<number>).push(now)
      return how
    })
    assert.strictEqual(hows[0], "tell")
    for (const [nth, at] of moments.tell.entries()) {
      const later = moments.tell[nth + 40]
      if (later !== undefined) assert.isAtLeast(later - at, 60_000)
    }
    // Whoever is only counted has been announced.
    for (const [nth, how] of hows.entries()) {
      if (how === "count") assert.notStrictEqual(hows[nth - 1], "tell")
      if (how === "say that there are more") assert.strictEqual(hows[nth - 1], "tell")
    }
  },
)

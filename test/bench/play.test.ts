import { assert, describe, it } from "@effect/vitest"
import { turns } from "../../packages/bench/src/play.ts"

describe("turns", () => {
  it("gives each client one turn a run, and another the first one each time", () => {
    const all = turns(["a", "b", "c"], 4)
    const order = [0, 1, 2, 3].map((wanted) =>
      all
        .filter(({ run }) => run === wanted)
        .map(({ client }) => client)
        .join(""),
    )
    assert.deepStrictEqual(order, ["abc", "bca", "cab", "abc"])
  })
})

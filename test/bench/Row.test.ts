import { assert, describe, it } from "@effect/vitest"
import { rows } from "../../packages/bench/src/Row.ts"
import { results } from "./results.ts"

describe("rows", () => {
  it("has the quickest first, those that never ended last, and references behind them", () => {
    const order = rows(results({ never: [Infinity], slow: [3], unchoke: [1], "(mark)": [0.5] }))
    assert.deepStrictEqual(
      order.map(({ client }) => client.name),
      ["unchoke", "slow", "never", "mark"],
    )
  })

  it("counts a run that never ended as endless, and tells how it ended", () => {
    const [row] = rows(results({ unchoke: [1, Infinity, 2] }))
    assert.deepStrictEqual(row?.wall, { median: 2, least: 1, most: Infinity })
    assert.strictEqual(row?.complete, 2)
    assert.deepStrictEqual(row?.faults, ["timeout"])
  })

  it("gives each time in ours, and none where we did not take part", () => {
    const ratio = (name: string, of: ReturnType<typeof results>) =>
      rows(of).find(({ client }) => client.name === name)?.ratio
    assert.strictEqual(ratio("slow", results({ unchoke: [2, 2, 2], slow: [5, 3, 3] })), 1.5)
    assert.strictEqual(ratio("slow", results({ slow: [3] })), undefined)
  })
})

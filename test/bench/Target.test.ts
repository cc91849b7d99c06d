import { assert, describe, it } from "@effect/vitest"
import { across } from "../../packages/bench/src/across.ts"
import { rows } from "../../packages/bench/src/Row.ts"
import { atMost, cpuPerGiB, fasterThan, inSeconds, memory, type Target } from "../../packages/bench/src/Target.ts"
import { results } from "./results.ts"

const GiB = 1024 ** 3

const met = (target: Target, times: Readonly<Record<string, ReadonlyArray<number>>>) =>
  target(rows(results(times)), GiB)?.met

describe("targets", () => {
  it("compare with the fastest of the others, not with references", () => {
    const times = { unchoke: [2], quick: [3], slow: [9], "(mark)": [1] }
    assert.isTrue(met(fasterThan("all", 1.5), times))
    assert.isFalse(met(fasterThan("all", 1.6), times))
    assert.isTrue(met(fasterThan(["slow"], 4), times))
  })

  it("are missed by a client that never ends, and won against one", () => {
    assert.isFalse(met(fasterThan("all", 1), { unchoke: [Infinity], other: [5] }))
    assert.isFalse(met(fasterThan("all", 1), { unchoke: [Infinity], other: [Infinity] }))
    assert.isTrue(met(fasterThan("all", 1), { unchoke: [5], other: [Infinity] }))
  })

  it("measure the distance to a reference, seconds, CPU time and memory", () => {
    assert.isTrue(met(atMost("mark", { seconds: 0.1 }), { unchoke: [1.05], "(mark)": [1] }))
    assert.isFalse(met(atMost("mark", { seconds: 0.1 }), { unchoke: [1.2], "(mark)": [1] }))
    assert.isTrue(met(inSeconds(1), { unchoke: [1] }))
    assert.isFalse(met(inSeconds(1), { unchoke: [1.1] }))
    assert.isTrue(met(cpuPerGiB(1), { unchoke: [5] }))
    assert.isFalse(met(cpuPerGiB(0.9), { unchoke: [5] }))
    assert.isTrue(met(memory(100), { unchoke: [5] }))
    assert.isFalse(met(memory(99), { unchoke: [5] }))
  })

  it("have nothing to say about who was not there", () => {
    assert.isUndefined(met(fasterThan("all", 1), { unchoke: [1] }))
    assert.isUndefined(met(atMost("mark", { seconds: 1 }), { unchoke: [1] }))
    assert.isUndefined(met(inSeconds(1), { other: [1] }))
  })
})

describe("targets across scenarios", () => {
  it("find a cliff between shapes of torrents", () => {
    const verdict = (second: number) =>
      across([results({ unchoke: [1] }), results({ unchoke: [second] }, "files")]).map(({ met }) => met)
    assert.deepStrictEqual(verdict(1.5), [true])
    assert.deepStrictEqual(verdict(1.6), [false])
  })

  it("find memory that grows with the torrent or with parked peers", () => {
    const sizes = (peak: number) =>
      across([results({ unchoke: [1] }, "memory", 1000), results({ unchoke: [1] }, "4g", peak)]).map(({ met }) => met)
    assert.deepStrictEqual(sizes(1050), [true, true])
    assert.deepStrictEqual(sizes(1200), [true, false])
    const parked = (peak: number) =>
      across([results({ unchoke: [1] }, "parked-1", 0), results({ unchoke: [1] }, "parked-200", peak)])
    assert.deepStrictEqual(
      parked(199 * 65_536).map(({ met }) => met),
      [true],
    )
    assert.deepStrictEqual(
      parked(199 * 65_537).map(({ met }) => met),
      [false],
    )
  })
})

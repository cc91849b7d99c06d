/** Trackers over a bad network: UDP is asked again (BEP 15), the silent are passed over for the next tier, and who hears from nobody says so. */
import { assert, it } from "@effect/vitest"
import { Script } from "@unchoke/testkit"
import { Effect } from "effect"
import type { Rules } from "./BadNetwork.ts"
import * as Stage from "./Stage.ts"
import { whenPossible } from "./whenPossible.ts"

const nothing = { loss: 100 }

/** A tracker on each link, both knowing the one peer, which is on link 0. */
const stage = Effect.fnUntraced(function* (
  rules: ReadonlyArray<Rules>,
  tiers: (urls: Stage.Stage["urls"]) => ReadonlyArray<string>,
) {
  const stage = yield* Stage.set({
    links: 2,
    far: {
      content: { files: 300_000 },
      members: [{ script: Script.good, host: "10.0.0.2" }],
      trackers: ["10.0.0.2", "10.0.1.2"],
    },
  })
  yield* Effect.forEach(rules, (rule, link) => stage.spoil(link, rule))
  yield* stage.announce(tiers(stage.urls).map((url) => [url]))
  const run = Effect.scoped(Effect.flatMap(stage.download(), ({ finished }) => finished))
  return { ...stage, run }
})

whenPossible("trackers over a bad network", "tun", () => {
  const losses = [
    { what: "our first packet", rules: { from: "near", lose: [0] } },
    { what: "the answer to it", rules: { from: "far", lose: [0] } },
    { what: "our announce", rules: { from: "near", lose: [1] } },
    { what: "the list of peers", rules: { from: "far", lose: [1] } },
  ] satisfies ReadonlyArray<{ readonly what: string; readonly rules: Rules }>
  for (const { rules, what } of losses) {
    it.live(`UDP: when ${what} is lost, it is asked again`, () =>
      Effect.gen(function* () {
        const { complete, counts, run } = yield* stage([{}, rules], ([, second]) => [second!.udp])
        const { code, stderr } = yield* run
        assert.strictEqual(code, 0, stderr)
        yield* complete
        assert.strictEqual((yield* counts(1)).lost, 1)
      }).pipe(Effect.scoped),
    )
  }

  for (const over of ["http", "udp"] as const) {
    it.live(`a first tier over ${over} that is silent: the second one answers`, () =>
      Effect.gen(function* () {
        const { complete, done, run } = yield* stage([{}, nothing], ([first, second]) => [second![over], first!.http])
        const { code, stderr } = yield* run
        assert.strictEqual(code, 0, stderr)
        yield* complete
        const [first, second] = (yield* done).announces
        assert.deepInclude([...first!], "HTTP")
        assert.deepStrictEqual(second, [])
      }).pipe(Effect.scoped),
    )

    it.live(`the only one, over ${over}, is silent: no peers, and why`, () =>
      Effect.gen(function* () {
        const { run } = yield* stage([{}, nothing], ([, second]) => [second![over]])
        const { code, stderr } = yield* run
        assert.strictEqual(code, 6, stderr)
        assert.match(stderr, /: no answer within /)
      }).pipe(Effect.scoped),
    )
  }

  it.live("everything over a link that loses 30 %: the file, or a typed error and then the file", () =>
    Effect.gen(function* () {
      const { complete, counts, run } = yield* stage([{ loss: 30 }], ([first]) => [first!.udp, first!.http])
      for (let round = 1, code: number | null = null; code !== 0; round++) {
        assert.isAtMost(round, 4, "it never gets there")
        code = (yield* run).code
        assert.include([0, 3, 6], code)
      }
      yield* complete
      assert.isAbove((yield* counts(0)).lost, 0)
    }).pipe(Effect.scoped),
  )
})

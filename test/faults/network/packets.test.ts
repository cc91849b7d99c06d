/** Packets that are late, out of order, lost, doubled, damaged or too many: the right bytes in the end, or a typed error; never a hang. */
import { assert, it } from "@effect/vitest"
import { Script } from "@unchoke/testkit"
import { Effect } from "effect"
import type { Counts, Kind, Rules } from "./BadNetwork.ts"
import * as Stage from "./Stage.ts"
import { whenPossible } from "./whenPossible.ts"

interface Case {
  readonly name: string
  readonly rules: Rules
  readonly bytes: number
  /** That it was as bad as it was meant to be. */
  readonly happened: keyof Counts
}

const cases: ReadonlyArray<Case> = [
  { name: "200 ms ± 50 ms, overtaking", rules: { delay: 200, jitter: 50 }, bytes: 1_000_000, happened: "overtaken" },
  { name: "5 % lost", rules: { loss: 5 }, bytes: 1_000_000, happened: "lost" },
  { name: "20 % lost", rules: { loss: 20 }, bytes: 300_000, happened: "lost" },
  { name: "5 % lost at 50 ms", rules: { delay: 50, loss: 5 }, bytes: 300_000, happened: "lost" },
  { name: "8 Mbit/s behind a small queue", rules: { rate: 8000, queue: 15_000 }, bytes: 2_000_000, happened: "lost" },
  { name: "a tenth doubled", rules: { delay: 5, jitter: 5, duplicate: 10 }, bytes: 1_000_000, happened: "doubled" },
  { name: "2 % damaged, as the checksum tells", rules: { corrupt: 2 }, bytes: 1_000_000, happened: "damaged" },
]

/** A connection that needs more than its deadline is a typed error, which is as good an answer as the file; started again, it gets there. */
const mostRuns = 3

const download = ({ bytes, happened, rules }: Case, kind: Kind) =>
  Effect.gen(function* () {
    const stage = yield* Stage.set({ kind, far: { content: { files: bytes }, members: [seeder(0)] } })
    yield* stage.spoil(0, rules)
    for (let run = 1, code: number | null = null; code !== 0; run++) {
      assert.isAtMost(run, mostRuns, "it never gets there")
      const { finished } = yield* stage.fromPeers()
      code = (yield* finished).code
      assert.include([0, 3], code)
    }
    yield* stage.complete
    if (kind === "tun") assert.isAbove((yield* stage.counts(0))[happened], 0)
  }).pipe(Effect.scoped)

const seeder = (link: number) => ({ script: Script.good, host: `10.0.${link}.2` })

whenPossible("a download through a network in user space", "tun", () => {
  for (const each of cases) it.live(each.name, () => download(each, "tun"))

  it.live("a bit flipped in transit under a checksum that fits: the hash tells, and another peer goes on", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.set({
        links: 2,
        far: { members: [seeder(0), { ...seeder(1), script: Script.unchokeAfter(1000) }] },
      })
      yield* stage.spoil(0, { forge: [100] })
      const { code, events } = yield* Effect.flatMap(stage.fromPeers(), ({ finished }) => finished)
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(
        events.flatMap(({ _tag, error, peer }) => (_tag === "Left" ? [[peer, error?._tag]] : [])),
        [[stage.peers[0], "CorruptPiece"]],
      )
      assert.strictEqual((yield* stage.counts(0)).damaged, 1)
      yield* stage.complete
    }).pipe(Effect.scoped),
  )
})

whenPossible("a download through the kernel's netem", "netem", () => {
  for (const each of cases) it.live(each.name, () => download(each, "veth"))
})

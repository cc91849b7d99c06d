/** Who would give us what a link leads to? Asked over the connections on which peers were asked what it is. */
import { assert, describe, it } from "@effect/vitest"
import { MemorySwarm, Script } from "@unchoke/testkit"
import { Duration, Effect, Schema, Stream } from "effect"
import { NetAddress } from "effect/net"
import type { SurveyEvent } from "@unchoke/engine"
import { surveyLink } from "@unchoke/engine/internal"
import { addressOf, finish, folder, link, worldOf } from "./describing.ts"

type Steps = ReadonlyArray<Script.Step>

const accept = (...steps: Steps): Script.Script => ({ _tag: "Accept", steps })
const hands: Steps = [{ _tag: "AwaitHandshake" }, { _tag: "Handshake", kind: "right" }]
const describes: Script.Step = { _tag: "Describe", answers: "true" }
const parking: Steps = [{ _tag: "AwaitInterested" }, { _tag: "Wait", ms: 7000 }, { _tag: "Unchoke" }]

/** How each may end. A liar is not found out where others are faster. */
const kinds: Readonly<Record<string, { readonly script: Script.Script; readonly ends: ReadonlyArray<string> }>> = {
  honest: { script: Script.describing({ answers: "true" }), ends: ["Passed"] },
  "honest, slow": { script: Script.describing({ answers: "true", pause: 3000 }), ends: ["Passed"] },
  "late to unchoke": { script: accept(...hands, describes, { _tag: "HaveAll" }, ...parking), ends: ["Passed"] },
  "has a part": {
    script: accept(...hands, describes, { _tag: "Bitfield", missing: [0] }, ...parking),
    ends: ["Partial"],
  },
  "has all, and does not say what it is": { script: Script.good, ends: ["Passed"] },
  rejects: { script: Script.describing({ answers: "reject" }), ends: ["Passed"] },
  "has nothing": { script: accept(...hands, describes, { _tag: "HaveNone" }), ends: ["IncompletePeer"] },
  chokes: { script: accept(...hands, describes, { _tag: "HaveAll" }), ends: ["ChokeTimeout"] },
  liar: { script: Script.describing({ answers: "false" }), ends: ["DescriptionRefused", "Passed"] },
  "no such piece": {
    script: accept(...hands, { _tag: "HaveAll" }, { _tag: "Have", piece: 900_000 }, describes, ...parking),
    ends: ["ProtocolViolation"],
  },
  refuses: { script: Script.refuse, ends: ["ConnectFailed"] },
  "a black hole": { script: Script.blackhole, ends: ["ConnectFailed"] },
  "another torrent": { script: Script.wrongHash, ends: ["HandshakeFailed"] },
}
const Kinds = Schema.Array(Schema.Literals(Object.keys(kinds))).check(Schema.isMaxLength(8))

const surveying = (scripts: ReadonlyArray<Script.Script>) => {
  const events: Array<SurveyEvent> = []
  const { layer, peers } = worldOf(scripts)
  const run = surveyLink(link, { folder, peers, trackers: false }).pipe(
    Stream.runForEach((event) => Effect.sync(() => void events.push(event))),
  )
  return { events, layer, run }
}

/** The last that was said of a peer. */
const endOf = (events: ReadonlyArray<SurveyEvent>, index: number) => {
  const last = events.findLast((event) => "peer" in event && NetAddress.formatInet(event.peer) === addressOf(index))
  return { last, tag: last?._tag === "Rejected" ? last.error._tag : last?._tag }
}

describe("a survey of a link", () => {
  it.effect.prop(
    "tells of everybody what one of the torrent would, and calls nobody twice",
    [Kinds, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8 }))],
    ([others, place]) => {
      const mix = others.toSpliced(place, 0, "honest")
      const { events, layer, run } = surveying(mix.map((name) => kinds[name]!.script))
      return Effect.gen(function* () {
        const { outcome } = yield* finish(run, 200)
        assert.strictEqual(outcome._tag, "Success")
        const dials = (yield* MemorySwarm.MemorySwarm).dials()
        for (const [index, name] of mix.entries()) {
          assert.include(kinds[name]!.ends, endOf(events, index).tag, name)
          assert.strictEqual(dials.get(addressOf(index)), 1, `calls of ${name}`)
        }
        assert.strictEqual(events.filter(({ _tag }) => _tag === "Described").length, 1)
      }).pipe(Effect.provide(layer))
    },
    { arbitrary: { runs: 20 }, timeout: 120_000 },
  )

  it.effect("the times of the first dial count, and the wait for unchoke from when we ask for it", () => {
    const late = accept(
      { _tag: "AwaitHandshake" },
      { _tag: "Wait", ms: 500 },
      ...hands,
      describes,
      { _tag: "HaveAll" },
      ...parking,
    )
    const { events, layer, run } = surveying([late, kinds["honest, slow"]!.script])
    return Effect.gen(function* () {
      yield* finish(run, 100)
      const { last } = endOf(events, 0)
      assert.strictEqual(last?._tag, "Passed")
      if (last?._tag !== "Passed") return
      assert.strictEqual(Duration.toMillis(last.seen.handshake!), 500)
      assert.strictEqual(Duration.toMillis(last.seen.unchoke!), 7000)
    }).pipe(Effect.provide(layer))
  })
})

/** Links that go down: the download goes on when they are up again, or with another peer, or says what it has and can be started again. */
import { assert, it } from "@effect/vitest"
import type { Script } from "@unchoke/testkit"
import { Effect } from "effect"
import type { End } from "./BadNetwork.ts"
import * as Stage from "./Stage.ts"
import { whenPossible } from "./whenPossible.ts"

/** In milliseconds: as long as a peer may be silent by default, four times as long as with this. */
const outage = 20_000
const impatient = ["--block-timeout", "5s"]

/** Takes some seconds over a MB, so that the link goes down in the middle. */
const unhurried: Script.Script = {
  _tag: "Accept",
  steps: [
    { _tag: "AwaitHandshake" },
    { _tag: "Handshake", kind: "right" },
    { _tag: "Bitfield", missing: [] },
    { _tag: "AwaitInterested" },
    { _tag: "Unchoke" },
    ...Array.from({ length: 60 }, (): ReadonlyArray<Script.Step> => [
      { _tag: "Serve", blocks: 1 },
      { _tag: "Wait", ms: 50 },
    ]).flat(),
    { _tag: "Serve" },
  ],
}

const seeder = (link: number) => ({ script: unhurried, host: `10.0.${link}.2` })

const midway = (event: Stage.Event) => (event.stored ?? 0) >= 5

const lost = ({ events }: Stage.Finished) =>
  events.flatMap(({ _tag, error, peer }) => (_tag === "Left" ? [[peer, error?._tag]] : []))

whenPossible("a link that goes down for 20 s", "veth", () => {
  for (const [end, args] of [
    ["near", []],
    ["near", impatient],
    ["far", []],
    ["far", impatient],
  ] satisfies ReadonlyArray<readonly [End, ReadonlyArray<string>]>) {
    it.live(`the ${end} end: the only peer goes on when it is up again ${args.join(" ")}`, () =>
      Effect.gen(function* () {
        const stage = yield* Stage.set({ kind: "veth", far: { members: [seeder(0)] } })
        const { finished, until } = yield* stage.fromPeers(...args)
        yield* until(midway)
        yield* stage.down(0, end)
        yield* Effect.sleep(outage)
        yield* stage.up(0, end)
        const { code, stderr } = yield* finished
        assert.strictEqual(code, 0, stderr)
        yield* stage.complete
      }).pipe(Effect.scoped),
    )
  }

  it.live("another peer, on another link, goes on", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.set({ kind: "veth", links: 2, far: { members: [seeder(0), seeder(1)] } })
      const { finished, until } = yield* stage.fromPeers("--strategy", "sequence")
      yield* until(midway)
      yield* stage.down(0, "far")
      const ended = yield* finished
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.deepStrictEqual(lost(ended), [[stage.peers[0], "Stalled"]])
      yield* stage.complete
    }).pipe(Effect.scoped),
  )
})

whenPossible("a link that goes down and stays down", "veth", () => {
  for (const end of ["near", "far"] satisfies ReadonlyArray<End>) {
    it.live(`the ${end} end: a typed error, and what was verified is kept`, () =>
      Effect.gen(function* () {
        const stage = yield* Stage.set({ kind: "veth", far: { members: [seeder(0)] } })
        const first = yield* stage.fromPeers("--block-timeout", "2s", "--connect-timeout", "1s")
        yield* first.until(midway)
        yield* stage.down(0, end)
        const ended = yield* first.finished
        assert.strictEqual(ended.code, 3, ended.stderr)
        assert.deepStrictEqual(lost(ended), [[stage.peers[0], "Stalled"]])
        assert.isAbove(ended.events.filter(({ _tag }) => _tag === "OutOfReach").length, 1)
        const stored = ended.events.flatMap(({ _tag, piece }) => (_tag === "PieceStored" ? [piece] : []))

        yield* stage.up(0, end)
        const servedBefore = (yield* stage.done).served.length
        const again = yield* Effect.flatMap(stage.fromPeers(), ({ finished }) => finished)
        assert.strictEqual(again.code, 0, again.stderr)
        const { served } = yield* stage.done
        assert.deepStrictEqual(
          served.slice(servedBefore).filter(({ piece }) => stored.includes(piece)),
          [],
        )
        yield* stage.complete
      }).pipe(Effect.scoped),
    )
  }
})

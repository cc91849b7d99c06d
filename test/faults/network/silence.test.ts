/** Packets that disappear without a word, as in a firewall that has forgotten us: each phase ends within its own deadline, with its own error. */
import { assert, it } from "@effect/vitest"
import { Script } from "@unchoke/testkit"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import * as Stage from "./Stage.ts"
import { whenPossible } from "./whenPossible.ts"

const nothing = { loss: 100 }

const seeder = (script: Script.Script) => ({ script, host: "10.0.0.2" })

/** Takes its time for each step, so that the silence begins where it is wanted. */
const slow = (...steps: ReadonlyArray<Script.Step>): Script.Script => ({
  _tag: "Accept",
  steps: steps.flatMap((step): ReadonlyArray<Script.Step> => [{ _tag: "Wait", ms: 1000 }, step]),
})

const handshake: ReadonlyArray<Script.Step> = [
  { _tag: "AwaitHandshake" },
  { _tag: "Handshake", kind: "right" },
  { _tag: "Bitfield", missing: [] },
]
const serving: ReadonlyArray<Script.Step> = [{ _tag: "AwaitInterested" }, { _tag: "Unchoke" }, { _tag: "Serve" }]

const race = ["--strategy", "race"]
const deadlines = ["--connect-timeout", "1s", "--unchoke-timeout", "3s", "--block-timeout", "3s"]

interface Case {
  readonly phase: string
  readonly script: Script.Script
  /** The silence begins with this event; at once where there is none. */
  readonly from?: (event: Stage.Event) => boolean
  readonly error: { readonly _tag: string; readonly reason?: string }
}

const cases: ReadonlyArray<Case> = [
  { phase: "the connect", script: Script.good, error: { _tag: "ConnectFailed", reason: "timed out" } },
  {
    phase: "the handshake",
    script: slow(...handshake),
    from: ({ _tag }) => _tag === "Connected",
    error: { _tag: "HandshakeFailed", reason: "timed out" },
  },
  {
    phase: "the wait for unchoke",
    script: slow(...handshake, ...serving),
    from: ({ _tag }) => _tag === "Parked",
    error: { _tag: "ChokeTimeout" },
  },
]

const verdicts = ({ events }: Stage.Finished) =>
  events.flatMap(({ _tag, error }) => (_tag === "Rejected" || _tag === "Left" ? [error] : []))

whenPossible("silence", "tun", () => {
  for (const { error, from, phase, script } of cases) {
    it.live(`during ${phase}`, () =>
      Effect.gen(function* () {
        const stage = yield* Stage.set({ far: { members: [seeder(script)] } })
        if (from === undefined) yield* stage.spoil(0, nothing)
        const { finished, until } = yield* stage.fromPeers(...race, ...deadlines)
        if (from !== undefined) yield* Effect.andThen(until(from), stage.spoil(0, nothing))
        const ended = yield* finished
        assert.strictEqual(ended.code, 3, ended.stderr)
        const found = verdicts(ended)
        assert.strictEqual(found.length, 1)
        assert.deepInclude(found[0], error)
        assert.isAbove((yield* stage.counts(0)).lost, 0)
      }).pipe(Effect.scoped),
    )
  }

  it.live("in the middle of a piece, and for good: what was verified is kept, and the next run goes on", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.set({
        // One piece of a MB takes a second at this rate.
        far: { members: [seeder(Script.good)], content: { files: 4_000_000, pieceLength: 1_048_576 } },
      })
      yield* stage.spoil(0, { rate: 8000, queue: 100_000 })
      const first = yield* stage.fromPeers(...deadlines)
      yield* first.until(({ stored }) => stored === 1)
      yield* stage.spoil(0, nothing)
      const ended = yield* first.finished
      assert.strictEqual(ended.code, 3, ended.stderr)
      const [stalled, ...redials] = verdicts(ended)
      assert.strictEqual(stalled?._tag, "Stalled")
      assert.isAbove(redials.length, 1)
      for (const error of redials) assert.deepInclude(error, { _tag: "ConnectFailed", reason: "timed out" })

      yield* stage.spoil(0, {})
      const again = yield* Effect.flatMap(stage.fromPeers(), ({ finished }) => finished)
      assert.strictEqual(again.code, 0, again.stderr)
      assert.strictEqual(again.events.filter(({ _tag }) => _tag === "PieceStored").length, 3)
      yield* stage.complete
    }).pipe(Effect.scoped),
  )

  it.live("in the middle of a piece, for some seconds: the connection goes on by itself", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.set({ far: { members: [seeder(Script.good)] } })
      yield* stage.spoil(0, { rate: 2000, queue: 100_000 })
      const { finished, until } = yield* stage.fromPeers()
      yield* until(({ stored }) => stored === 3)
      yield* stage.spoil(0, nothing)
      yield* Effect.sleep(5000)
      yield* stage.spoil(0, {})
      const ended = yield* finished
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.deepStrictEqual(verdicts(ended), [])
      yield* stage.complete
    }).pipe(Effect.scoped),
  )

  it.live("a peer behind it holds up nobody who has another", () =>
    Effect.gen(function* () {
      const stage = yield* Stage.set({
        links: 2,
        far: { members: [seeder(Script.good), { script: Script.good, host: "10.0.1.2" }] },
      })
      yield* stage.spoil(0, nothing)
      const ended = yield* Effect.flatMap(
        stage.fromPeers("--strategy", "race", "--links", "2"),
        ({ finished }) => finished,
      )
      assert.strictEqual(ended.code, 0, ended.stderr)
      yield* stage.complete
    }).pipe(Effect.scoped),
  )
})

whenPossible("routes that lead nowhere", "tun", () => {
  for (const kind of ["blackhole", "unreachable", "prohibit"]) {
    it.live(kind, () =>
      Effect.gen(function* () {
        const stage = yield* Stage.set({})
        const [file, args] = stage.at("near", ["ip", "route", "add", kind, "10.9.0.0/16"])
        assert.strictEqual(spawnSync(file, args).status, 0)
        const download = stage.download("--no-tracker", "--peer", "10.9.0.1:6881", "--peer", "10.10.0.1:6881")
        const ended = yield* Effect.flatMap(download, ({ finished }) => finished)
        assert.strictEqual(ended.code, 3, ended.stderr)
        for (const error of verdicts(ended)) assert.deepInclude(error, { _tag: "ConnectFailed", reason: "unreachable" })
      }).pipe(Effect.scoped),
    )
  }
})

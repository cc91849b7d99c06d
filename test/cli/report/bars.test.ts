/** The bars of a probe tell the peer's own times, as the table does, and apart from them what was ours. */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { Finding } from "../../../packages/cli/src/render/Finding.ts"
import { barsOf } from "../../../packages/cli/src/report/bars.ts"
import { peer, seen } from "../peers.ts"

const millis = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 50_000 }))

const lengths = (bars: ReturnType<typeof barsOf>) => new Map(bars.map(({ from, phase, to }) => [phase, to - from]))

it.effect.prop(
  "what a probe has measured is as long as it says, however late we were to look at it",
  [millis, millis, millis, millis, millis, millis],
  ([dialled, connect, handshake, unchoke, late, later]) =>
    Effect.sync(() => {
      const finding: Finding = { peer: peer(1), state: "passed", seen: seen({ connect, handshake, unchoke }) }
      const connected = dialled + connect + late
      const parked = connected + handshake + 5
      const end = parked + unchoke + later
      const bars = barsOf(finding, { dialled, connected, parked, ended: end }, end)
      const told = lengths(bars.filter(({ phase }) => phase !== "seat"))
      assert.deepStrictEqual(
        [...told],
        [
          ["connect", connect],
          ["handshake", handshake],
          ["pieces", 5],
          ["unchoke", unchoke],
        ],
      )
      // Ours is between them, where it is more than a step of the program.
      assert.deepStrictEqual(
        bars.flatMap(({ from, phase, to }) => (phase === "seat" ? [to - from] : [])),
        [late, later].filter((time) => time >= 10),
      )
      for (const [at, { from, to }] of bars.entries()) {
        assert.isAtLeast(to, from)
        assert.isAtLeast(from, at === 0 ? dialled : bars[at - 1]!.to)
      }
    }),
)

it.effect.prop(
  "whoever did not get far has the phases that it got to, until its end",
  [millis, millis, millis],
  ([dialled, connect, waited]) =>
    Effect.sync(() => {
      const end = dialled + connect + waited
      const open: Finding = { peer: peer(1), state: "connected", seen: undefined }
      assert.deepStrictEqual(
        [...lengths(barsOf(open, { dialled, connected: dialled + connect }, end))],
        [
          ["connect", connect],
          ["handshake", waited],
        ],
      )
      const dialling: Finding = { peer: peer(1), state: "dialling", seen: undefined }
      assert.deepStrictEqual([...lengths(barsOf(dialling, { dialled }, end))], [["connect", connect + waited]])
      const parked: Finding = { peer: peer(1), state: "parked", seen: seen({ connect, handshake: 0 }) }
      const times = { dialled, connected: dialled + connect, parked: dialled + connect }
      assert.strictEqual(lengths(barsOf(parked, times, end)).get("unchoke"), waited)
    }),
)

/** What is sent over the network in memory arrives in the order it was sent, whatever the clock does. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { Agenda } from "../../packages/testkit/src/network/Agenda.ts"
import { Flow } from "../../packages/testkit/src/network/Flow.ts"
import { Pacer } from "../../packages/testkit/src/network/Pacer.ts"

/** A clock whose timers ring up to so many milliseconds before it shows their time, as those of a machine may. */
const earlyClock = (early: () => number) => {
  let time = 1000
  const timers: Array<{ readonly at: number; readonly ring: () => void }> = []
  const agenda = new Agenda(
    () => time,
    (inMillis, ring) => timers.push({ at: time + inMillis, ring }),
    1,
  )
  const ringNext = () => {
    const next = timers.toSorted((a, b) => a.at - b.at)[0]
    if (next === undefined) return false
    timers.splice(timers.indexOf(next), 1)
    time = Math.max(time, next.at - early())
    next.ring()
    return true
  }
  return { agenda, ringNext }
}

describe("the order of what is sent", () => {
  const Send = Schema.Struct({ bytes: Schema.Literals([1, 100, 3000]), rings: Schema.Literals([0, 1, 2]) })
  it.effect.prop(
    "is kept, to the end of file, where timers ring early",
    [Schema.Array(Send).check(Schema.isMaxLength(20)), Schema.Array(Schema.Literals([0, 1, 2]))],
    ([sends, ahead]) =>
      Effect.gen(function* () {
        let rung = 0
        const { agenda, ringNext } = earlyClock(() => ahead[rung++ % ahead.length] ?? 1)
        const line = () => new Pacer(agenda, 100e6)
        const flow = new Flow({ agenda, up: line(), down: line(), delay: 2, capacity: Infinity })
        const received: Array<number> = []
        const reading = yield* Effect.forkChild(
          Effect.forever(Effect.map(flow.pull, (chunks) => received.push(...chunks.flatMap((chunk) => [...chunk])))),
        )
        yield* Effect.yieldNow
        const sent: Array<number> = []
        for (const [at, { bytes, rings }] of sends.entries()) {
          const chunk = new Uint8Array(bytes).fill(at)
          sent.push(...chunk)
          yield* flow.write([chunk])
          for (let ring = 0; ring < rings; ring++) ringNext()
        }
        flow.end()
        while (ringNext());
        yield* Fiber.await(reading)
        assert.deepStrictEqual(received, sent)
      }),
  )
})

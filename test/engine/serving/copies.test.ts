/** What is told of how many copies there are: not before it is known, and never less than one while a complete peer is here. */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { having } from "./having.ts"
import { downloading, wait } from "./Stage.ts"

const pieces = 32
const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Who comes, by so many milliseconds after the one before; says so many later what it has. */
const Visitor = Schema.Struct({ after: within(0, 1500), says: within(0, 900), isComplete: Schema.Boolean })

it.live.prop(
  "less than one copy is told only when who is here has had the time to say what it has, and never beside a complete peer",
  [Schema.Array(Visitor).check(Schema.isMinLength(1), Schema.isMaxLength(6)), within(0, 8)],
  ([visitors, ours]) =>
    downloading({ pieces, store: { has: (piece) => piece < ours } }, ({ call, now, told }) =>
      Effect.gen(function* () {
        let completeSince = Infinity
        const said: Array<number> = []
        for (const { after, isComplete, says } of visitors) {
          yield* wait(after / 1000)
          const peer = yield* call()
          yield* wait(says / 1000)
          said.push(now())
          yield* peer.say(isComplete ? { _tag: "HaveAll" } : having(pieces, (piece) => piece === 7))
          if (isComplete) completeSince = Math.min(completeSince, now())
        }
        yield* wait(4)
        const joined = told.flatMap(([at, { _tag }]) => (_tag === "Joined" ? [at] : []))
        const seen = told.flatMap(([at, event]) => (event._tag === "Copies" ? [[at, event.copies] as const] : []))
        const [first] = seen
        if (first !== undefined && first[1] < 1) {
          // Who has joined at this moment may have said it, or not.
          const here = joined.filter((time) => time < first[0] - 50).length
          const answers = said.filter((at) => at <= first[0]).length
          const isKnown = joined[0]! <= first[0] - 5000 || (answers > 0 && answers >= here)
          assert.isTrue(isKnown, "nobody has had the time to say what it has")
        }
        for (const [at, copies] of seen) {
          // What is on its way for a moment is not there.
          if (at > completeSince + 100) assert.isAtLeast(copies, 1)
        }
        if (completeSince === Infinity) return assert.isBelow(seen.at(-1)![1], 1)
        // And at once: nobody is shown what was said before.
        assert.isTrue(seen.some(([at, copies]) => copies >= 1 && at <= completeSince + 100))
      }),
    ),
  { arbitrary: { runs: 30 }, timeout: 60_000 },
)

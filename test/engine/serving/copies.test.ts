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
        for (const { after, isComplete, says } of visitors) {
          yield* wait(after / 1000)
          const peer = yield* call()
          yield* wait(says / 1000)
          yield* peer.say(isComplete ? { _tag: "HaveAll" } : having(pieces, (piece) => piece === 7))
          if (isComplete) completeSince = Math.min(completeSince, now())
        }
        yield* wait(4)
        const joinedAt = told.find(([, { _tag }]) => _tag === "Joined")![0]
        const seen = told.flatMap(([at, event]) => (event._tag === "Copies" ? [[at, event.copies] as const] : []))
        for (const [at, copies] of seen) {
          if (copies < 1) assert.isAtLeast(at, joinedAt + 2000, "nobody has had the time to say what it has")
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

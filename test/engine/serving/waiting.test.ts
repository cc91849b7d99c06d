/** When it is said that nobody has what is missing. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { having } from "./having.ts"
import { downloading, wait } from "./Stage.ts"

const pieces = 32

const even = (piece: number) => piece % 2 === 0

it.live("that we wait is said when who has come had five seconds to show more, and no earlier", () =>
  downloading({ pieces, store: { has: even } }, ({ call, events, told }) =>
    Effect.gen(function* () {
      const first = yield* call()
      yield* first.say(having(pieces, even))
      yield* wait(1)
      const before = events("Waiting").length
      const second = yield* call()
      yield* second.say({ _tag: "HaveNone" })
      yield* wait(4.5)
      assert.lengthOf(events("Waiting"), before, "it may be about to say what it has")
      yield* wait(2)
      assert.isAbove(events("Waiting").length, 0)
      assert.deepInclude(events("Waiting").at(-1)!, { lacking: pieces / 2 })
      assert.isTrue(told.some(([, event]) => event._tag === "Copies" && event.lacking === pieces / 2))
    }),
  ),
)

it.live("it is not said while somebody has what is missing, and may yet unchoke us", () =>
  downloading({ pieces, store: { has: even } }, ({ call, events }) =>
    Effect.gen(function* () {
      const first = yield* call()
      yield* first.say({ _tag: "HaveAll" })
      yield* wait(0.5)
      const before = events("Waiting").length
      yield* wait(28)
      assert.lengthOf(events("Waiting"), before)
      assert.lengthOf(first.messages("Interested"), 1)
    }),
  ),
)

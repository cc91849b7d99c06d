/** When a seed has given what it was to give. */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { block, request, seeding, wait } from "./Stage.ts"

const pieces = 32

it.live.prop(
  "it ends at its ratio, also when who took it all is gone at once, and tells of every byte",
  [Schema.Literals([0.25, 0.5, 1]), Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 900 }))],
  ([ratio, later]) =>
    seeding({ pieces, ratio }, ({ call, events, isOver }) =>
      Effect.gen(function* () {
        yield* wait(later / 1000)
        const leecher = yield* call()
        yield* leecher.say({ _tag: "HaveNone" }, { _tag: "Interested" })
        yield* wait(0.05)
        yield* leecher.say(...Array.from({ length: pieces }, (_, piece) => request(piece)))
        yield* wait(0.05)
        yield* leecher.hangUp
        yield* wait(5)
        assert.lengthOf(leecher.messages("Piece"), pieces)
        assert.isTrue(isOver())
        const told = events("Sent").reduce((sum, { bytes }) => sum + bytes, 0)
        assert.strictEqual(told, pieces * block)
      }),
    ),
)

/** Two of one peer's connections at once: we called it, and it calls us. One of them stays, whichever the peer keeps. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { request, seeding, type Stage, wait } from "./Stage.ts"

const wants = { _tag: "Interested" } as const
/** An id that is smaller, or greater, than any that a client has. */
const ids = [0x01, 0xff].map((byte) => new Uint8Array(20).fill(byte))

const reasons = ({ events }: Stage) =>
  events("Left").map(({ error }) => (error._tag === "Dismissed" ? error.reason : error._tag))

describe("who calls us though we have called it", () => {
  it.live.each(ids)("keeps the connection over which something was given (id %#)", (peerId) =>
    seeding({ named: [1] }, (stage) =>
      Effect.gen(function* () {
        const first = yield* stage.calledAt(1, { peerId })
        yield* first.say({ _tag: "HaveNone" }, wants)
        yield* wait(1)
        yield* first.say(request(3))
        yield* wait(1)
        assert.strictEqual(first.messages("Piece").length, 1)
        const second = yield* stage.callFrom(1, { peerId })
        yield* wait(1)
        assert.isTrue(second.ended())
        assert.isFalse(first.ended())
        yield* first.say(request(4))
        yield* wait(1)
        assert.strictEqual(first.messages("Piece").length, 2)
      }),
    ),
  )

  it.live.each(ids)("has one of two over which nothing was given yet (id %#)", (peerId) =>
    seeding({ named: [1] }, (stage) =>
      Effect.gen(function* () {
        const first = yield* stage.calledAt(1, { peerId })
        yield* wait(1)
        const second = yield* stage.callFrom(1, { peerId })
        yield* wait(1)
        assert.strictEqual(Number(first.ended()) + Number(second.ended()), 1)
        const isGreater = peerId[0] === 0xff
        assert.strictEqual(first.ended(), isGreater, "both of us keep the same one")
      }),
    ),
  )

  it.live("is called again when it keeps the other one, so that none is left", () =>
    seeding({ named: [1] }, (stage) =>
      Effect.gen(function* () {
        const peerId = ids[1]!
        const first = yield* Effect.scoped(
          Effect.gen(function* () {
            const first = yield* stage.calledAt(1, { peerId })
            yield* wait(1)
            const second = yield* stage.callFrom(1, { peerId })
            yield* wait(0.1)
            // It has one already, as it sees it.
            yield* second.hangUp
            yield* wait(1)
            return first
          }),
        )
        assert.isTrue(first.ended())
        assert.deepStrictEqual(reasons(stage), ["connected twice"])
        const third = yield* stage.calledAt(1, { peerId })
        yield* third.say({ _tag: "HaveNone" }, wants)
        yield* wait(1)
        yield* third.say(request(3))
        yield* wait(1)
        assert.strictEqual(third.messages("Piece").length, 1)
      }),
    ),
  )
})

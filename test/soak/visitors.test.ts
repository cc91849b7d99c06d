/** A seed for months, in virtual time: who comes and goes leaves nothing behind. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { request, seeding, wait } from "../engine/serving/Stage.ts"
import { inUse, mib } from "./inUse.ts"

it.live(
  "ten thousand callers of a seed, each of whom takes a block, are forgotten when another ten thousand have come",
  () =>
    seeding({ keeps: false }, ({ callAgain, connections }) =>
      Effect.gen(function* () {
        const visit = (nth: number) =>
          Effect.gen(function* () {
            const peer = yield* callAgain()
            yield* peer.say({ _tag: "HaveNone" }, { _tag: "Interested" })
            yield* wait(0.5)
            yield* peer.say(request(nth % 32))
            yield* wait(0.5)
            assert.lengthOf(peer.messages("Piece"), 1)
            // Some hang up, and some break the rules.
            yield* nth % 3 === 0 ? peer.say({ _tag: "Have", piece: 1_000_000 }) : peer.hangUp
            yield* wait(0.2)
          }).pipe(Effect.scoped)
        const visits = (count: number) => Effect.forEach(Array.from({ length: count }).keys(), visit, { discard: true })
        yield* visits(11_000)
        const before = yield* Effect.promise(() => Effect.runPromise(inUse))
        yield* visits(11_000)
        const after = yield* Effect.promise(() => Effect.runPromise(inUse))
        assert.strictEqual(connections(), 0)
        assert.isBelow(after.heapUsed - before.heapUsed, 4 * mib)
      }),
    ),
  240_000,
)

/** A seed for hours, in virtual time, to which somebody comes and from which somebody goes every second: nothing of them is left behind. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { request, seeding, wait } from "../engine/serving/Stage.ts"
import { heapHeld, mib } from "./inUse.ts"

/** Each of them stays for so many seconds, and from each address there is one at a time. */
const atOnce = 4

/**
 * Of 2500 visitors. Once each of them left 14 KiB behind, 35 MiB in all. What is kept by now is who was banned, ten thousand at the most and a hundred bytes each; a snapshot of the heap shows no other
 * object more. The rest is what collections take in advance, and what the collector has left.
 */
const most = 16 * mib

it.live(
  "who has come and gone is forgotten by a seed: thousands more cost it no memory",
  () =>
    seeding({ keeps: false }, ({ callFrom, connections }) =>
      Effect.gen(function* () {
        const visit = (nth: number) =>
          Effect.gen(function* () {
            const peer = yield* callFrom(nth % atOnce)
            yield* peer.say({ _tag: "HaveNone" }, { _tag: "Interested" })
            yield* wait(0.5)
            yield* peer.say(request(nth % 32))
            yield* wait(0.5)
            assert.lengthOf(peer.messages("Piece"), 1)
            // Some hang up, and some break the rules.
            yield* nth % 3 === 0 ? peer.say({ _tag: "Have", piece: 1_000_000 }) : peer.hangUp
            yield* wait(atOnce - 1.5)
          }).pipe(Effect.scoped)
        const visits = (count: number) =>
          Effect.forEach(Array.from({ length: count }).keys(), visit, { discard: true, concurrency: atOnce })
        yield* visits(10_200)
        // What is not collected yet now and then is one thing; what is kept grows each time.
        let growth = Infinity
        for (let times = 0; times < 3 && growth >= most; times++) {
          const before = heapHeld()
          yield* visits(2500)
          growth = heapHeld() - before
        }
        assert.strictEqual(connections(), 0)
        assert.isBelow(growth, most)
      }),
    ),
  240_000,
)

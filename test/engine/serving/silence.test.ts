/** Peers that say nothing for long: they are hardly looked at, and lose nothing by it. */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { request, seeding, wait } from "./Stage.ts"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Who says nothing for two minutes is hung up on (BEP 3). */
const longestSilence = 120_000

it.live.prop(
  "who says nothing hears of us all the same, and who wakes up is served and told of as if it had just come",
  [within(1, 25), within(10, 400)],
  ([count, seconds]) =>
    seeding({ named: [] }, ({ call, events, now, told }) =>
      Effect.gen(function* () {
        const peers = yield* Effect.forEach(Array.from({ length: count }), () => call())
        const began = now()
        yield* wait(seconds)
        for (const { ended, heard } of peers) {
          assert.isFalse(ended())
          let last = began
          for (const [time] of [...heard, [now()] as const]) {
            assert.isAtMost(time - last, longestSilence)
            last = time
          }
        }
        const woken = peers[count >> 1]!
        const at = now()
        yield* woken.say({ _tag: "Interested" })
        yield* wait(2)
        yield* woken.say(request(0))
        yield* wait(3)
        assert.strictEqual(woken.messages("Unchoke").length, 1)
        assert.strictEqual(woken.messages("Piece").length, 1)
        assert.strictEqual(events("Sent").length, 1)
        const sent = told.find(([, { _tag }]) => _tag === "Sent")!
        assert.isAtMost(sent[0] - at, 4000)
      }),
    ),
  { arbitrary: { runs: 12 } },
)

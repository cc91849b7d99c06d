/** The connections that the torrents of a session share. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { Hall } from "../../packages/engine/src/swarm/Hall.ts"
import { settle } from "./clock.ts"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** What a torrent does: asks for one more, gives one back, or gives up the one for which it has waited longest. */
const Step = Schema.Struct({ torrent: within(0, 3), what: Schema.Literals(["take", "take", "release", "giveUp"]) })

describe("Hall", () => {
  it.effect.prop(
    "never more than there are, none free while somebody waits, and who gets one has the fewest of those that wait",
    [within(1, 12), Schema.Array(Step).check(Schema.isMaxLength(80))],
    ([size, steps]) =>
      Effect.scoped(
        Effect.gen(function* () {
          const hall = new Hall(size)
          const torrents = []
          for (let i = 0; i < 4; i++)
            torrents.push({ share: yield* hall.enter, fibers: [] as Array<Fiber.Fiber<number>> })
          for (const { torrent, what } of steps) {
            const { fibers, share } = torrents[torrent]!
            const before = torrents.map(({ share }) => ({ taken: share.taken, waiting: share.waiting }))
            if (what === "take") fibers.push(yield* Effect.forkChild(share.take(1)))
            else if (what === "giveUp") {
              const last = fibers.pop()
              if (last !== undefined && share.waiting > 0) yield* Fiber.interrupt(last)
            } else if (share.taken > 0) yield* share.release(1)
            yield* settle
            const taken = torrents.map(({ share }) => share.taken)
            const sum = taken.reduce((a, b) => a + b, 0)
            assert.isAtMost(sum, size)
            if (torrents.some(({ share }) => share.waiting > 0)) assert.strictEqual(sum, size)
            for (const [index, { taken: had }] of before.entries()) {
              if (what !== "release" || taken[index]! <= had) continue
              // It was among those that had the fewest, what was given back being counted.
              const then = before.map(({ taken }, other) => taken - Number(other === torrent))
              for (const [other, { waiting }] of before.entries())
                if (waiting > 0) assert.isAtMost(then[index]!, then[other]!)
            }
          }
        }),
      ),
    { arbitrary: { runs: 100 } },
  )

  it.effect.prop(
    "who owes gives until nobody who waits has two fewer, and nobody is left with fewer than the others",
    [within(4, 40), Schema.Array(within(0, 40)).check(Schema.isMinLength(2), Schema.isMaxLength(5))],
    ([size, wanted]) =>
      Effect.scoped(
        Effect.gen(function* () {
          const hall = new Hall(size)
          const shares = []
          // The first comes first, and takes all that it wants.
          for (const want of wanted) {
            const share = yield* hall.enter
            shares.push(share)
            for (let i = 0; i < want; i++) yield* Effect.forkChild(share.take(1))
            yield* settle
          }
          // It ends: each that is given up brings two of them closer.
          while (shares.some(({ owed }) => owed > 0)) for (const share of shares) yield* share.release(share.owed)
          const most = Math.max(...shares.map(({ taken }) => taken))
          for (const share of shares) {
            assert.strictEqual(share.owed, 0)
            if (share.waiting > 0) assert.isAtMost(most - share.taken, 1)
          }
        }),
      ),
    { arbitrary: { runs: 40 } },
  )
})

import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Slots } from "@unchoke/engine/internal"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const KiB = 1024

const Load = Schema.Struct({
  rate: within(0, 40_000_000),
  full: Schema.Boolean,
  limit: Schema.UndefinedOr(within(0, 2_000_000)),
})

describe("Slots", () => {
  it.prop(
    "are never more than what is sent is worth, and one more at a time unless each has plenty",
    [Schema.Array(Load).check(Schema.isMinLength(5))],
    ([loads]) => {
      let slots = Slots.initial
      for (const load of loads) {
        const { limit = Infinity, rate } = load
        const before = slots
        slots = Slots.next(slots, load)
        assert.isAtMost(slots.count, Math.min(50, 8 + rate / (512 * KiB)))
        if (limit === 0) assert.strictEqual(slots.count, 0)
        else if (limit < 32 * KiB) assert.strictEqual(slots.count, Math.max(2, Math.floor(limit / (8 * KiB))))
        else assert.isAtLeast(slots.count, 4)
        if (limit > 0) assert.isAtMost(slots.count, Math.max(2, limit / (8 * KiB)))
        if (slots.count > Math.max(4, before.count)) {
          assert.isTrue(load.full && rate > before.rate)
          const plenty = rate / before.count > 1024 * KiB
          assert.isAtMost(slots.count, plenty ? 2 * before.count : before.count + 1)
        }
      }
    },
  )

  it.prop(
    "fill a line that so many takers fill, and not many more",
    [within(8, 20_000), within(1, 4000)],
    ([line, share]) => {
      // KiB a second; who takes less than its share of the line leaves some of it unused.
      const sent = (count: number) => Math.min(line, (count + 1) * share) * KiB
      let slots = Slots.initial
      const counts = Array.from({ length: 100 }, () => {
        slots = Slots.next(slots, { rate: sent(slots.count), full: true })
        return slots.count
      })
      const settled = counts.slice(-20)
      for (const count of settled) {
        const most = Slots.mostSlots({ rate: sent(count), full: true })
        // Beyond twenty takers one more is less than the twentieth part that counts as growth.
        assert.isAtLeast(sent(count), 0.95 * Math.min(line * KiB, sent(Math.min(most, 19))))
        assert.isAtMost(count, Math.max(4, Math.min(most, 2 * Math.ceil(line / share))))
      }
      assert.strictEqual(new Set(settled).size, 1, "and stay there")
    },
  )

  it("what brought nothing is taken back, and not tried again for a minute", () => {
    const full = { full: true, rate: 300 * KiB }
    const tried = Slots.next(Slots.initial, full)
    assert.strictEqual(tried.count, 5)
    let slots = Slots.next(tried, full)
    assert.strictEqual(slots.count, 4)
    for (let round = 0; round < 6; round++) {
      slots = Slots.next(slots, { full: true, rate: slots.rate * 1.1 })
      assert.strictEqual(slots.count, 4)
    }
    assert.strictEqual(Slots.next(slots, { full: true, rate: slots.rate * 1.1 }).count, 5)
  })

  it("nothing changes while a place is free", () => {
    for (const rate of [0, 100 * KiB, 10_000 * KiB])
      assert.strictEqual(Slots.next(Slots.initial, { full: false, rate }).count, 4)
  })
})

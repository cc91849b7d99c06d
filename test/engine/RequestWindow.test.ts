import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { RequestWindow } from "../../packages/engine/src/pieces/RequestWindow.ts"

const blockSize = 16_384

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Milliseconds, and blocks that come then. */
const turns = Schema.Array(Schema.Tuple([within(0, 3000), within(1, 5000)]))

/** A peer that answers `roundTrip` milliseconds later, as much as it is asked for, for so many milliseconds; the window at the end. */
const exchange = (roundTrip: number, milliseconds: number, rate = Infinity): number => {
  const window = new RequestWindow(0)
  const due: Array<{ readonly at: number; readonly blocks: number }> = []
  let outstanding = 0
  let sent = 0
  for (let now = 0; now < milliseconds; now++) {
    const budget = (rate / blockSize / 1000) * now - sent
    let blocks = 0
    while (due[0] !== undefined && due[0].at <= now && blocks < budget) blocks += due.shift()!.blocks
    sent += blocks
    if (blocks > 0) window.arrived(blocks, now)
    outstanding -= blocks
    const more = window.size(10_000) - outstanding
    if (more <= 0) continue
    if (outstanding === 0) window.asked(now)
    for (let block = 0; block < more; block++) due.push({ at: now + roundTrip, blocks: 1 })
    outstanding += more
  }
  return window.size(10_000)
}

describe("how many requests a peer is kept busy with", () => {
  it.prop(
    "is one at least, no more than the peer keeps, and bounded whatever comes when",
    [within(0, 5000), turns, Schema.Boolean],
    ([queue, arrivals, refuses]) => {
      const window = new RequestWindow(0)
      let now = 0
      for (const [after, blocks] of arrivals) {
        window.asked(now)
        window.arrived(blocks, (now += after))
        if (refuses && blocks % 7 === 0) window.refused()
        const size = window.size(queue)
        assert.isAtLeast(size, 1)
        assert.isAtMost(size, Math.max(1, Math.min(queue, 2000)))
      }
    },
  )

  it.prop(
    "is at most 500 for who answers at once, and enough for 320 MB/s of who is up to a tenth of a second away",
    [within(1, 100)],
    ([roundTrip]) => {
      const size = exchange(roundTrip, 3000)
      if (roundTrip <= 25) assert.isAtMost(size, 500)
      assert.isAtLeast((size * blockSize * 1000) / roundTrip, 320e6 * 0.95)
    },
  )

  it.prop(
    "is no more than two seconds of what a slow peer gives, however far away it is",
    [within(1, 300), within(50_000, 1_000_000)],
    ([roundTrip, rate]) => {
      assert.isAtMost((exchange(roundTrip, 20_000, rate) * blockSize) / rate, Math.max(2, (3 * blockSize) / rate))
    },
  )
})

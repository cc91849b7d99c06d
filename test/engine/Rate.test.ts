/** A rate that does not depend on when it is asked for, nor on the moments at which what came was told. */
import { assert, describe, it } from "@effect/vitest"
import { Content, TestUnchoke } from "@unchoke/testkit"
import { Duration, Schema } from "effect"
import { Tally, type DownloadEvent } from "@unchoke/engine"
import { RecentRate as Rate } from "@unchoke/engine/internal"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Peers' bytes are told once a second, half a second later now and then, of each peer by itself and within some milliseconds. */
const Evenly = Schema.Struct({
  rate: within(1000, 100_000_000),
  peers: within(1, 5),
  gaps: Schema.Array(Schema.Literals([1000, 1003, 998, 1500])).check(Schema.isMinLength(40), Schema.isMaxLength(60)),
  apart: within(0, 15),
})

/** What is told by each time, of what comes evenly. */
const told = ({ apart, gaps, peers, rate }: typeof Evenly.Type) => {
  let [at, upTo] = [0, 0]
  return gaps.flatMap((gap) => {
    at += gap
    const bytes = (rate * (at - upTo)) / 1000 / peers
    upTo = at
    return Array.from({ length: peers }, (_, peer) => ({ at: at + peer * apart, bytes }))
  })
}

describe("a rate", () => {
  it.prop(
    "of what comes evenly is the same at any time, and so is the time at which all is there",
    [Evenly],
    ([evenly]) => {
      const { rate } = evenly
      const content = Content.make({ files: 64 * 16_384, pieceLength: 16_384 })
      const length = rate * 600
      const peer = TestUnchoke.addressOf(0)
      let tally = Tally.initial(content.torrent, { isSwarm: true, isSeed: false })
      const step = (event: DownloadEvent, now: number) => void (tally = Tally.step(tally, event, now))
      step({ _tag: "Checking", checked: 64, present: 0, bytes: 0, pieces: 64 }, 0)
      step({ _tag: "Chosen", files: 1, of: 1, length, pieces: 64, bytes: length }, 0)
      step({ _tag: "Joined", peer, seen: { elapsed: Duration.zero }, incoming: false }, 0)
      const reports = told(evenly)
      const last = reports.at(-1)!.at
      let next = 0
      for (let now = 100; now < last; now += 100) {
        while (next < reports.length && reports[next]!.at <= now) {
          const { at, bytes } = reports[next++]!
          step({ _tag: "Received", peer, bytes }, at)
        }
        if (now < 3000) continue
        assert.closeTo(Tally.rateDown(tally, now) / rate, 1, 0.06, `after ${now} ms`)
        if (now >= 10_000) assert.closeTo((now + Tally.timeLeft(tally, now)!) / 600_000, 1, 0.02, `after ${now} ms`)
      }
    },
  )

  it.prop(
    "sinks to nothing once nothing comes, and never is more than all that came within the time",
    [Schema.Array(Schema.Struct({ gap: within(0, 4000), bytes: within(1, 1_000_000) })).check(Schema.isMinLength(1))],
    ([reports]) => {
      let rate = Rate.none
      let [now, sum] = [10_000, 0]
      for (const { bytes, gap } of reports) {
        now += gap
        sum += bytes
        rate = Rate.add(rate, bytes, now)
        assert.isAtMost(Rate.at(rate, 0, now) * 5, sum * (1 + 1e-9))
      }
      let before = Infinity
      for (let later = 250; later <= 7000; later += 250) {
        const at = Rate.at(rate, 0, now + later)
        assert.isAtMost(at, before * (1 + 1e-9))
        before = at
      }
      assert.strictEqual(before, 0)
    },
  )

  it.prop("of something new is the mean since it began", [within(500, 4999), within(1, 1_000_000)], ([now, bytes]) => {
    assert.closeTo(Rate.at(Rate.add(Rate.none, bytes, now), 0, now), (bytes * 1000) / now, 1e-6 * bytes)
  })
})

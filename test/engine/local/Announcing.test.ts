/** When torrents are announced in the local network. */
import { assert, describe, it } from "@effect/vitest"
import { LocalDiscovery } from "@unchoke/protocol"
import { Schema } from "effect"
import { Announcing, atMostEvery, every } from "../../../packages/engine/src/sources/local/Announcing.ts"

const Torrent = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 }))
const Act = Schema.Struct({
  add: Schema.Boolean,
  torrent: Torrent,
  /** Seconds until then. */
  after: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 90 })),
})

describe("announcing", () => {
  it.prop(
    "a torrent once in five minutes at most, all together once a minute, and nobody is forgotten",
    [Schema.Array(Act).check(Schema.isMaxLength(120))],
    ([acts]) => {
      const announcing = new Announcing<number>()
      const here = new Set<number>()
      const announced = new Map<number, number>()
      let last = -Infinity
      let now = 0
      /** Sleeps as long as it says that it can, as whoever runs it does. */
      const runUntil = (end: number) => {
        for (;;) {
          const due = announcing.take(now)
          if (due.length > 0) {
            assert.isAtLeast(now - last, atMostEvery)
            assert.isAtMost(due.length, LocalDiscovery.mostInfoHashes)
            last = now
          }
          for (const torrent of due) {
            assert.isTrue(here.has(torrent))
            assert.isAtLeast(now - (announced.get(torrent) ?? -Infinity), every)
            announced.set(torrent, now)
          }
          const wait = announcing.wait(now)
          if (now + wait > end) break
          assert.isAbove(wait, 0)
          now += wait
        }
        now = end
      }
      for (const { add, after, torrent } of acts) {
        runUntil(now + 1000 * after)
        if (add) here.add(torrent)
        else here.delete(torrent)
        if (add) announcing.add(torrent)
        else announcing.delete(torrent)
      }
      // Twenty at a time: all of sixty within four minutes, and again within another five.
      runUntil(now + 2 * every)
      for (const torrent of here) assert.isAtLeast(announced.get(torrent) ?? -Infinity, now - every - 4 * atMostEvery)
    },
    { arbitrary: { runs: 200 } },
  )
})

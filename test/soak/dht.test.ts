/** Nodes of the DHT for hours, in virtual time, asked by strangers all the time, looking, and coming and going: what they hold does not grow. */
import { assert, it } from "@effect/vitest"
import { SimulatedDht } from "@unchoke/testkit"
import { Effect } from "effect"
import { inUse, mib } from "./inUse.ts"

const nodes = 30
const hour = 3_600_000

/** What each node may hold more after four hours than after two: one peer is 350 bytes, one node in a table 250. */
const most = (2 * mib) / nodes

it.live(
  "after six hours a DHT holds what it held after two, and finds what it found",
  () =>
    Effect.gen(function* () {
      const dht = new SimulatedDht.SimulatedDht({
        nodes,
        loss: 0.05,
        liars: 0.1,
        churn: 0,
        torrents: 0,
        seekersOfEach: 0,
        seed: 1,
      })
      let looks = 0
      let found = 0
      const live = (hours: number) => {
        dht.live(hours * hour, (looked) => {
          looks++
          if (looked.found) found++
        })
      }
      dht.begin()
      live(2)
      const before = (yield* inUse).heapUsed
      const { known, peers } = dht.kept
      live(4)
      const growth = (yield* inUse).heapUsed - before
      assert.isAtLeast(looks, 6 * 59)
      assert.isAtLeast(found, 0.99 * looks)
      assert.isAtMost(dht.kept.peers, 1.2 * peers)
      assert.isAtMost(dht.kept.known, 1.2 * known)
      assert.isBelow(growth / nodes, most, JSON.stringify({ before: { known, peers }, after: dht.kept }))
    }),
  240_000,
)

/** A swarm whose members have no more than a link, but for one seed. */
import { assert, describe, it } from "@effect/vitest"
import { SimulatedSwarm } from "@unchoke/testkit"
import { Effect } from "effect"
import { NetAddress } from "effect/net"

const { addressOf, all, play } = SimulatedSwarm

const block = 16_384
const rate = 65_536
const peer = (options: Partial<SimulatedSwarm.PeerOptions> = {}): SimulatedSwarm.PeerOptions => ({
  up: rate,
  down: 8 * rate,
  delay: 20,
  ...options,
})

describe("a swarm of links", () => {
  it.live("one seed that knows what it is, and ten who have a link: all of them have all of it", () =>
    Effect.gen(function* () {
      const pieces = 200
      const dialled = new Map<string, number>()
      const describedAt: Array<number> = []
      const outcome = yield* play({
        pieces,
        seed: 5,
        peers: [peer({ has: all }), ...Array.from({ length: 10 }, () => peer({ byLink: true }))],
        heard: (number, event, time) => {
          if (event._tag === "Described") describedAt.push(time)
          if (number === 0 || event._tag !== "Dialling") return
          const call = `${number} ${NetAddress.formatInet(event.peer)}`
          dialled.set(call, (dialled.get(call) ?? 0) + 1)
        },
      })
      for (const [number, { connections, done, end, lent }] of outcome.peers.entries()) {
        assert.isDefined(done, `${number} is not done: ${String(end)}`)
        assert.strictEqual(connections + lent, 0, `${number} leaves something behind`)
      }
      assert.strictEqual(describedAt.length, 10)
      assert.isBelow(Math.max(...describedAt), 10)
      // As soon as without links: nobody can be done before the seed has sent it once.
      const bound = (11 * pieces * block) / (11 * rate)
      assert.isBelow(Math.max(...outcome.peers.map(({ done }) => done!)), 2 * bound)
      for (let number = 1; number <= 10; number++) {
        assert.strictEqual(dialled.get(`${number} ${NetAddress.formatInet(addressOf(0))}`) ?? 0, 1)
      }
    }),
  )

  it.live("one leaves who was told, and the last is told by those who were told before", () =>
    Effect.gen(function* () {
      const outcome = yield* play({
        pieces: 40,
        seed: 6,
        peers: [
          peer({ has: all, goes: "1 minute" }),
          peer({ byLink: true }),
          peer({ byLink: true }),
          peer({ byLink: true, comes: "90 seconds" }),
        ],
      })
      for (const { done } of outcome.peers.slice(1)) assert.isDefined(done)
    }),
  )
})

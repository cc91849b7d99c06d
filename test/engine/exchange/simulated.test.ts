/** Swarms in memory whose peers find each other through each other. */
import { assert, describe, it } from "@effect/vitest"
import { SimulatedSwarm } from "@unchoke/testkit"
import { NetAddress } from "effect/net"
import { Duration, Effect } from "effect"

const { addressOf, all, play } = SimulatedSwarm

const KiB = 1024

/** Knows this one peer, and nobody else. */
const knows = (peer: number, options: SimulatedSwarm.PeerOptions["options"] = {}): SimulatedSwarm.PeerOptions => ({
  up: 64 * KiB,
  down: 512 * KiB,
  delay: 20,
  options: { trackers: false, peers: [addressOf(peer)], ...options },
})

/** The seed is a peer of the first alone; everybody else knows the one before it. */
const chain = (options: SimulatedSwarm.PeerOptions["options"] = {}): ReadonlyArray<SimulatedSwarm.PeerOptions> => [
  { ...knows(1, options), has: all, up: 128 * KiB },
  ...Array.from({ length: 7 }, (_, index) => ({ ...knows(index, options), comes: Duration.seconds(index) })),
]

/** Who has named whom to the peer of that number. */
const play7 = Effect.fnUntraced(function* (options: SimulatedSwarm.PeerOptions["options"]) {
  const named = new Map<number, Set<string>>()
  const met = new Map<number, Set<string>>()
  const outcome = yield* play({
    pieces: 512,
    peers: chain(options),
    atMost: "10 minutes",
    heard: (number, event) => {
      const add = (to: Map<number, Set<string>>, peer: NetAddress.InetAddress) =>
        to.set(number, (to.get(number) ?? new Set()).add(NetAddress.formatHost(peer)))
      if (event._tag === "Named" && event.origin === "pex") for (const peer of event.peers) add(named, peer)
      if (event._tag === "Joined") add(met, event.peer)
    },
  })
  return { outcome, named, met }
})

describe("a chain of peers of whom each knows one", () => {
  it.live("becomes a swarm in which each is connected to all", () =>
    Effect.gen(function* () {
      const { met, named, outcome } = yield* play7({})
      for (const { done, connections } of outcome.peers) {
        assert.isDefined(done)
        assert.strictEqual(connections, 0)
      }
      for (let number = 0; number < 8; number++) assert.strictEqual(met.get(number)?.size, 7, `peer ${number}`)
      assert.isAbove(named.get(7)?.size ?? 0, 4)
    }),
  )

  it.live("stays a chain where nobody tells", () =>
    Effect.gen(function* () {
      const { met, named } = yield* play7({ pex: false })
      assert.strictEqual(named.size, 0)
      assert.strictEqual(met.get(7)?.size, 1)
    }),
  )
})

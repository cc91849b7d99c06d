import { assert, describe, it } from "@effect/vitest"
import { alpha, Endpoint, Id, type Krpc, Lookup, maxPackets } from "@unchoke/dht/internal"
import { Schema } from "effect"
import { contactOf, publicEndpoint, randomFrom, Seed } from "./chance.ts"

/** What a node does when it is asked. */
const Manner = Schema.Literals([
  "is silent",
  "refuses",
  "is late",
  "is somebody else",
  "names its like",
  "names ghosts",
  "names one network",
  "names us all",
])

describe("Lookup", () => {
  it.prop(
    "ends for any network of liars: within its packets, each node twice at most, two of a network",
    [Seed, Schema.Array(Manner).check(Schema.isMinLength(1), Schema.isMaxLength(40))],
    ([seed, manners]) => {
      const random = randomFrom(seed)
      const target = Id.random(random)
      const known = Array.from({ length: 1 + random.below(20) }, () => contactOf(random))
      const entrances = Array.from({ length: random.below(30) }, () => publicEndpoint(random))
      const later = entrances.splice(random.below(entrances.length + 1))
      const lookup = new Lookup(target, [...entrances, ...known])
      const asked = new Map<string, number>()
      const networks = new Map<string, Set<string>>()
      const late: Array<() => void> = []
      let now = 0
      let quiet = 0
      for (let step = 0; !lookup.isOver(now); step++) {
        assert.isBelow(step, 10_000)
        if (step === 3) lookup.learn(later)
        const candidate = lookup.next(now)
        if (candidate === undefined) {
          for (const answer of late.splice(0)) answer()
          now = Math.max(now + 1, Math.min(lookup.nextTime, now + 2000))
          continue
        }
        const { endpoint } = candidate
        asked.set(endpoint, (asked.get(endpoint) ?? 0) + 1)
        assert.isAtMost(asked.get(endpoint)!, 2)
        const network = networks.get(Endpoint.networkOf(endpoint)) ?? new Set()
        networks.set(Endpoint.networkOf(endpoint), network.add(endpoint))
        assert.isAtMost(network.size, 2)
        const manner = manners[(step + seed) % manners.length]!
        const contacts = namedBy(manner, target, known, random)
        const id = manner === "is somebody else" ? Id.random(random) : (candidate.id ?? Id.random(random))
        if (manner === "is silent") quiet++
        else if (manner === "refuses") lookup.failed(candidate)
        else if (manner === "is late") late.push(() => lookup.answered(candidate, id, { contacts }))
        else lookup.answered(candidate, id, { contacts, token: "t" })
        assert.isAtMost([...asked.values()].length, maxPackets)
      }
      assert.isAtMost(lookup.packets, maxPackets)
      assert.strictEqual(
        lookup.packets,
        [...asked.values()].reduce((sum, times) => sum + times, 0),
      )
      assert.strictEqual(lookup.asked, asked.size)
      assert.isAtMost(now, (maxPackets / alpha) * 2000 + 10_000 + quiet)
      assert.isUndefined(lookup.next(now + 1))
    },
  )

  it.prop("of a network that tells the truth it finds the eight that are closest", [Seed], ([seed]) => {
    const random = randomFrom(seed)
    const target = Id.random(random)
    const all = Array.from({ length: 300 }, () => contactOf(random))
    const nearest = (to: Id.Id) => all.toSorted((a, b) => Id.compare(to, a.id, b.id)).slice(0, 8)
    const lookup = new Lookup(target, all.slice(0, 8))
    for (let step = 0; step < 1000; step++) {
      const candidate = lookup.next(step)
      if (candidate === undefined) break
      // Everybody knows his own neighbourhood and some of the target's.
      lookup.answered(candidate, candidate.id!, { contacts: nearest(target).slice(step % 3), token: "t" })
    }
    assert.isTrue(lookup.isOver(1000))
    assert.deepEqual(
      lookup.closest.slice(0, 8).map(({ id }) => id),
      nearest(target).map(({ id }) => id),
    )
  })

  it("ids that are made up around the target hide nobody whose id fits its address", () => {
    const random = randomFrom(3)
    const target = Id.random(random)
    const honest = Array.from({ length: 8 }, () => contactOf(random))
    const forged = Array.from({ length: 40 }, () => ({
      id: Id.sharing(target, 80, random),
      endpoint: publicEndpoint(random),
    }))
    const lookup = new Lookup(target, [...honest, ...forged.slice(0, 8)])
    for (let now = 0; !lookup.isOver(now); now++) {
      const candidate = lookup.next(now)
      if (candidate === undefined) continue
      lookup.answered(candidate, candidate.id!, { contacts: forged, token: "t" })
    }
    const answered = new Set(lookup.closest.map(({ endpoint }) => endpoint))
    assert.isTrue(honest.every(({ endpoint }) => answered.has(endpoint)))
    assert.isAtMost(lookup.packets, maxPackets)
  })
})

const namedBy = (
  manner: typeof Manner.Type,
  target: Id.Id,
  known: ReadonlyArray<Krpc.Contact>,
  random: ReturnType<typeof randomFrom>,
): ReadonlyArray<Krpc.Contact> => {
  const near = () => Id.sharing(target, random.below(150), random)
  switch (manner) {
    case "names us all":
      return known
    case "names one network": {
      const network = publicEndpoint(random)
      return Array.from({ length: 16 }, (_, i) => ({ id: near(), endpoint: Endpoint.withPort(network, i + 1) }))
    }
    default:
      return Array.from({ length: 16 }, () => ({ id: near(), endpoint: publicEndpoint(random) }))
  }
}

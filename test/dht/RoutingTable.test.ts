import { assert, describe, it } from "@effect/vitest"
import { Endpoint, Id, k, type Krpc, RoutingTable } from "@unchoke/dht/internal"
import { Schema } from "effect"
import { contactOf, publicEndpoint, randomFrom, Seed } from "./chance.ts"

const Deed = Schema.Literals(["answers", "answers near us", "is made up", "fails", "has another id"])

describe("RoutingTable", () => {
  it.prop(
    "whatever comes: buckets and networks stay within their bounds, and the closest are the closest",
    [Seed, Schema.Array(Deed).check(Schema.isMinLength(1), Schema.isMaxLength(300))],
    ([seed, deeds]) => {
      const random = randomFrom(seed)
      const table = new RoutingTable(Id.random(random))
      const met: Array<Krpc.Contact> = []
      const any = () => met[random.below(met.length)]
      for (const [time, deed] of deeds.entries()) {
        const known = any()
        if (deed === "fails") table.failed(known?.endpoint ?? publicEndpoint(random))
        else if (deed === "has another id" && known !== undefined) {
          table.answered(
            { id: Id.random(random), endpoint: Endpoint.withPort(known.endpoint, 1 + random.below(2)) },
            time,
          )
        } else {
          const contact =
            deed === "answers near us"
              ? { endpoint: publicEndpoint(random), id: Id.sharing(table.id, random.below(160), random) }
              : contactOf(random, deed === "answers")
          met.push(contact)
          table.answered(contact, time)
        }
        checkBounds(table)
      }
      const target = Id.random(random)
      const wanted = table.entries
        .filter(({ fails }) => fails < 2)
        .toSorted((a, b) => Id.compare(target, a.id, b.id))
        .slice(0, k)
      assert.deepEqual(table.closest(target, k), wanted)
    },
  )

  it("an id that fits its address takes the place of one that does not, and never the other way round", () => {
    const random = randomFrom(5)
    const table = new RoutingTable(Id.fromBytes(new Uint8Array(20))!)
    const far = (isValid: boolean) => {
      for (;;) {
        const contact = contactOf(random, isValid)
        if (contact.id.charCodeAt(0) >= 128 && Id.isValidAt(contact.id, contact.endpoint) === isValid) return contact
      }
    }
    // Near ones let the table split, so that those that are far share one bucket.
    for (let i = 0; i < 40; i++)
      table.answered({ endpoint: publicEndpoint(random), id: Id.sharing(table.id, 1 + (i % 30), random) }, 0)
    const bucket = () => table.entries.filter(({ id }) => id.charCodeAt(0) >= 128)
    for (let i = 0; i < 40; i++) table.answered(far(false), 1)
    assert.strictEqual(bucket().filter(({ valid }) => !valid).length, k)
    for (let i = 0; i < 40; i++) table.answered(far(true), 2)
    assert.strictEqual(bucket().filter(({ valid }) => valid).length, k)
    for (let i = 0; i < 40; i++) table.answered(far(false), 3)
    assert.strictEqual(bucket().filter(({ valid }) => valid).length, k)
  })

  it("who does not answer twice is replaced by who waits", () => {
    const random = randomFrom(7)
    const table = new RoutingTable(Id.fromBytes(new Uint8Array(20))!)
    for (let i = 0; i < 400; i++) table.answered(contactOf(random), i)
    const size = table.size
    const [lost] = table.closest(Id.fromBytes(new Uint8Array(20).fill(255))!, 1)
    table.failed(lost!.endpoint)
    table.failed(lost!.endpoint)
    assert.strictEqual(table.size, size)
    assert.isFalse(table.entries.some(({ id }) => id === lost!.id))
  })
})

const checkBounds = (table: RoutingTable): void => {
  const buckets = new Map<number, Array<string>>()
  const addresses = new Set<string>()
  const deepest = Math.max(0, ...table.entries.map(({ id }) => Id.sharedBits(table.id, id)))
  for (const { endpoint, id } of table.entries) {
    assert.isFalse(addresses.has(Endpoint.hostOf(endpoint)), "an address twice")
    addresses.add(Endpoint.hostOf(endpoint))
    const shared = Id.sharedBits(table.id, id)
    const networks = buckets.get(shared) ?? []
    buckets.set(shared, networks)
    assert.isFalse(shared < deepest && networks.includes(Endpoint.networkOf(endpoint)), "a network twice in a bucket")
    networks.push(Endpoint.networkOf(endpoint))
    assert.isAtMost(networks.length, k)
  }
}

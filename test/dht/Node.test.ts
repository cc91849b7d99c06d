import { assert, describe, it } from "@effect/vitest"
import { type Endpoint, Id, Krpc, Node } from "@unchoke/dht/internal"
import { Result } from "effect"
import { endpoint, randomFrom, Seed } from "./chance.ts"

const minute = 60_000

describe("a node", () => {
  it.prop(
    "asks who has long said nothing for its neighbours, and sees whether they are there: its bucket is not stale while others in it answer",
    [Seed],
    ([seed]) => {
      const random = randomFrom(seed)
      const sent: Array<{ readonly query: Krpc.Query; readonly to: Endpoint.Endpoint }> = []
      const node = new Node({
        family: "IPv4",
        random,
        now: 0,
        send: (packet, to) => {
          const message = Result.getOrThrow(Krpc.parse(packet))
          if (message._tag === "Query") sent.push({ query: message, to })
        },
      })
      const far = (n: number): Krpc.Contact => ({
        id: Id.sharing(node.id, 0, random),
        endpoint: endpoint(`8${n}.0.0.1:6881`),
      })
      const [silent, lively, unknown] = [far(1), far(2), far(3)]
      node.table.answered(silent, 0)
      node.table.answered(lively, 10 * minute)
      node.tick(15 * minute)
      assert.lengthOf(sent, 1)
      const { query, to } = sent[0]!
      assert.strictEqual(to, silent.endpoint)
      assert.strictEqual(query.question.method, "find_node")
      // Of our own network nobody on the internet tells us.
      const local = { id: unknown.id, endpoint: endpoint("10.0.0.1:6881") }
      const answer = { nodes: [unknown, local] }
      const response = {
        _tag: "Response",
        transaction: query.transaction,
        id: silent.id,
        seen: undefined,
        answer,
      } as const
      node.receive(Krpc.print(response), silent.endpoint, 15 * minute + 100)
      assert.deepStrictEqual(
        sent.slice(1).map(({ to }) => to),
        [unknown.endpoint],
      )
    },
  )
})

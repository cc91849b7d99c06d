import { assert, describe, it } from "@effect/vitest"
import { SimulatedDht } from "@unchoke/testkit"

const shape: SimulatedDht.Shape = {
  nodes: 600,
  loss: 0.2,
  liars: 0.1,
  churn: 0.1,
  torrents: 10,
  seekersOfEach: 10,
  seed: 1,
}

const check = ({ looked }: SimulatedDht.Outcome) => {
  assert.strictEqual(looked.length, shape.torrents * shape.seekersOfEach)
  assert.isAtLeast(looked.filter(({ found }) => found).length / looked.length, 0.99)
  for (const { packets, rounds } of looked) {
    assert.isAtMost(packets, 60)
    assert.isAtMost(rounds, Math.log2(shape.nodes))
  }
}

describe("a DHT of many nodes", () => {
  it("a fifth of the packets lost, a tenth of the nodes gone, another lying: the peers are found", () => {
    check(SimulatedDht.play(shape))
  })

  it("ids that were made to surround a torrent hide nobody", () => {
    check(
      SimulatedDht.play({ ...shape, liars: 0, besiegers: { addresses: 16, networks: 16, obeyBep42: false }, seed: 2 }),
    )
  })
})

import { assert, describe, it } from "@effect/vitest"
import {
  alone,
  type Census,
  choking,
  fifty,
  type Mode,
  type Swarm,
  swarm,
  thousand,
  twoHundred,
} from "../../packages/bench/src/Swarm.ts"

const count = (peers: Swarm, mode: Mode) => peers.filter((peer) => peer.mode === mode).length

const censuses: Readonly<Record<string, Census>> = { alone, fifty, twoHundred, thousand, choking: choking(200) }

describe("the lists of peers", () => {
  it.each(Object.entries(censuses))(
    "%s: as many of each kind as counted, each at an address of its own",
    (_, census) => {
      const peers = swarm(census, 1, 10)
      for (const [mode, wanted] of Object.entries(census.counts)) assert.strictEqual(count(peers, mode as Mode), wanted)
      assert.strictEqual(new Set(peers.map(({ address }) => address)).size, peers.length)
      for (const { address } of peers) assert.match(address, /^10\.\d{1,3}\.\d{1,3}\.\d{1,3}$/)
    },
  )

  it.each([
    [fifty, 50],
    [twoHundred, 200],
  ])("are distributed like the log", (census, size) => {
    const peers = swarm(census, 0, 10)
    const share = (mode: Mode) => Math.round((count(peers, mode) / size) * 100)
    assert.strictEqual(peers.length, size)
    assert.deepStrictEqual(
      ["blackhole", "hangup", "refuse", "reset"].map((mode) => share(mode as Mode)),
      [46, 14, 12, 2],
    )
  })

  it("have one good peer of two hundred, the last but three", () => {
    for (const layout of [0, 1, 2])
      assert.deepStrictEqual(
        swarm(twoHundred, layout, 10).flatMap(({ mode }, index) => (mode === "good" ? [index] : [])),
        [196],
      )
  })

  it("are the same every time, and others in every layout", () => {
    assert.deepStrictEqual(swarm(fifty, 0, 10), swarm(fifty, 0, 10))
    const addresses = [0, 1, 2].flatMap((layout) => swarm(fifty, layout, 10).map(({ address }) => address))
    assert.strictEqual(new Set(addresses).size, 150)
    assert.notDeepEqual(
      swarm(fifty, 0, 10).map(({ mode }) => mode),
      swarm(fifty, 1, 10).map(({ mode }) => mode),
    )
  })
})

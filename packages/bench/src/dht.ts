/** `npm run bench:dht`: whole DHTs of our own nodes in memory, which lose packets, lie, come and go, and are besieged. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Endpoint, Id, Node, PeerStore, type Random } from "@unchoke/dht/internal"
import { SimulatedDht } from "@unchoke/testkit"
import { Console, Effect, FileSystem } from "effect"
import { Command, Flag } from "effect/cli"
import { join } from "node:path"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as places from "./places.ts"
import { lookups, type Looks } from "./render/lookups.ts"

interface Scene {
  readonly title: string
  readonly besiegers?: NonNullable<SimulatedDht.Shape["besiegers"]>
}

const scenes: ReadonlyArray<Scene> = [
  { title: "a fifth of the packets lost, a tenth of the nodes lying, a tenth replaced" },
  {
    title: "the same, each torrent surrounded by 16 made-up ids of 4 networks",
    besiegers: { addresses: 16, networks: 4, obeyBep42: false },
  },
  {
    title: "the same, by 64 made-up ids of 64 networks",
    besiegers: { addresses: 64, networks: 64, obeyBep42: false },
  },
  {
    title: "the same, by 64 ids of 64 networks, the nearest that BEP 42 allows",
    besiegers: { addresses: 64, networks: 64, obeyBep42: true },
  },
]

const inWords = (title: string, { announced, looked, packets }: SimulatedDht.Outcome): string => {
  const at = (share: number, of: (one: SimulatedDht.Looked) => number) =>
    looked.map(of).toSorted((a, b) => a - b)[Math.min(looked.length - 1, Math.floor(share * looked.length))]!
  const seconds = (share: number, of: (one: SimulatedDht.Looked) => number) => (at(share, of) / 1000).toFixed(1)
  const found = looked.filter(({ found }) => found).length
  return [
    title,
    `  found            ${found} of ${looked.length} (${((100 * found) / looked.length).toFixed(2)} %; target 99), ${announced} torrents announced`,
    `  packets          median ${at(0.5, ({ packets }) => packets)}, 95 % ${at(0.95, ({ packets }) => packets)}, most ${at(1, ({ packets }) => packets)}  (target 60)`,
    `  rounds           median ${at(0.5, ({ rounds }) => rounds)}, most ${at(1, ({ rounds }) => rounds)}`,
    `  first found      median ${seconds(0.5, ({ foundAfter }) => foundAfter)} s, 90 % ${seconds(0.9, ({ foundAfter }) => foundAfter)} s`,
    `  over             median ${seconds(0.5, ({ millis }) => millis)} s, most ${seconds(1, ({ millis }) => millis)} s`,
    `  besiegers        median ${at(0.5, ({ besieging }) => besieging)} of those that are told of us`,
    `  packets in all   ${packets}`,
  ].join("\n")
}

const joined = (outcomes: ReadonlyArray<SimulatedDht.Outcome>): SimulatedDht.Outcome => ({
  looked: outcomes.flatMap(({ looked }) => looked),
  announced: outcomes.reduce((sum, { announced }) => sum + announced, 0),
  packets: outcomes.reduce((sum, { packets }) => sum + packets, 0),
})

/** Bytes of a node whose table and store hold all that they may, in the mean of some. */
const heaviest = (): number => {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as () => void
  const random = SimulatedDht.seeded(1)
  collect()
  const before = process.memoryUsage().heapUsed
  const nodes = Array.from({ length: 10 }, () => full(random))
  collect()
  const bytes = process.memoryUsage().heapUsed - before
  return bytes / nodes.filter(({ table }) => table.size > 0).length
}

const full = (random: Random): Node => {
  const endpoint = () => Endpoint.fromBytes(random.bytes(6))!
  const node = new Node({ family: "IPv4", random, now: 0, send: () => {} })
  for (let shared = 0; shared < Id.bits; shared++) {
    for (let i = 0; i < 40; i++)
      node.table.answered({ id: Id.sharing(node.id, shared, random), endpoint: endpoint() }, 0)
  }
  while (node.peers.size < PeerStore.maxPeers) node.peers.add(Id.random(random), endpoint(), false, 0)
  return node
}

const dht = Command.make(
  "dht",
  {
    nodes: Flag.Int("nodes").pipe(Flag.withDescription("How many"), Flag.withDefault(10_000)),
    torrents: Flag.Int("torrents").pipe(Flag.withDescription("Announced by one node each"), Flag.withDefault(40)),
    seekers: Flag.Int("seekers").pipe(Flag.withDescription("Who look for each of them"), Flag.withDefault(10)),
    seed: Flag.Int("seed").pipe(Flag.withDescription("Of the randomness"), Flag.withDefault(1)),
    seeds: Flag.Int("seeds").pipe(
      Flag.withDescription("DHTs of each scene, each with a seed of its own"),
      Flag.withDefault(1),
    ),
    scenes: Flag.Int("scenes").pipe(Flag.withDescription("How many of the scenes"), Flag.withDefault(scenes.length)),
    out: Flag.Directory("out").pipe(
      Flag.withDescription("Folder for the chart"),
      Flag.withDefault(join(places.dist, "results")),
    ),
  },
  Effect.fnUntraced(function* ({ nodes, out, scenes: count, seed, seeds, seekers, torrents }) {
    const fs = yield* FileSystem.FileSystem
    yield* Console.log(
      `a node whose table and store are full takes ${(heaviest() / 2 ** 20).toFixed(2)} MiB  (target 4)`,
    )
    const all: Array<Looks> = []
    for (const { title, ...scene } of scenes.slice(0, count)) {
      const shape = { nodes, loss: 0.2, liars: 0.1, churn: 0.1, torrents, seekersOfEach: seekers, ...scene }
      const outcome = joined(Array.from({ length: seeds }, (_, i) => SimulatedDht.play({ ...shape, seed: seed + i })))
      all.push({ title: `${nodes} nodes, ${title}`, looked: outcome.looked })
      yield* Console.log(inWords(`${nodes} nodes, ${title}`, outcome))
    }
    yield* fs.makeDirectory(out, { recursive: true })
    yield* fs.writeFileString(join(out, "dht.svg"), lookups(all))
    yield* Console.error(`chart: ${join(out, "dht.svg")}`)
  }),
).pipe(Command.withDescription("Simulate whole DHTs of our own nodes"))

dht.pipe(Command.run({ version: "0.1.0" }), Effect.provide(NodeServices.layer), NodeRuntime.runMain)

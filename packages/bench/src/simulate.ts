/** `npm run bench:simulated`: whole swarms of our own engine under virtual time, held against what theory says could be done. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { SimulatedSwarm } from "@unchoke/testkit"
import { Console, Effect, FileSystem } from "effect"
import { Command, Flag } from "effect/cli"
import { join } from "node:path"
import * as places from "./places.ts"
import { courses } from "./render/courses.ts"

/** What became of a swarm, in multiples of the fluid bound. */
export interface Against {
  readonly title: string
  /** In seconds: nobody can be done before. */
  readonly bound: number
  /** When each of the leechers was done, the first one first. */
  readonly done: ReadonlyArray<number>
  /** How much the seed had sent when the others had all between them. */
  readonly copies: number
  /** How long a newcomer waited for its first piece at the most, in seconds. */
  readonly firstPiece: number
}

const pieces = 512
const blockSize = 16_384

const mixtures: Readonly<Record<string, (index: number) => number>> = {
  equal: () => 1,
  mixed: (index) => (index % 5 === 0 ? 4 : index % 5 === 1 ? 0.25 : 1),
}

const run = Effect.fnUntraced(function* (
  mixture: string,
  { blocks, leechers, rate, seed }: Readonly<Record<"blocks" | "leechers" | "rate" | "seed", number>>,
) {
  const pieceLength = blocks * blockSize
  const rates = Array.from({ length: leechers }, (_, index) => rate * mixtures[mixture]!(index))
  const outcome = yield* SimulatedSwarm.play({
    pieces,
    pieceLength,
    seed,
    peers: [{ up: rate, delay: 20, has: SimulatedSwarm.all }, ...rates.map((up) => ({ up, down: 8 * up, delay: 20 }))],
  })
  const bytes = pieces * pieceLength
  const others = outcome.peers.slice(1)
  return {
    title: `1 seed and ${leechers} leechers, ${mixture === "equal" ? "of equal upload" : "a fifth fast, a fifth slow"}`,
    bound: Math.max(bytes / rate, (leechers * bytes) / rates.reduce((sum, up) => sum + up, rate)),
    done: others.map(({ done = Infinity }) => done).toSorted((a, b) => a - b),
    copies: outcome.copiesBeforeOne ?? Infinity,
    firstPiece: Math.max(...others.map(({ came, stored }) => (stored[0] ?? Infinity) - came)),
  } satisfies Against
})

const inWords = ({ bound, copies, done, firstPiece, title }: Against): string =>
  [
    title,
    `  fluid bound      ${bound.toFixed(1)} s`,
    `  median done      ${(done[done.length >> 1]! / bound).toFixed(2)} ×  (target 1.25)`,
    `  last done        ${(done.at(-1)! / bound).toFixed(2)} ×  (target 1.50)`,
    `  seed had sent    ${copies.toFixed(2)} copies before the others had one  (target 1.30)`,
    `  first piece      after ${firstPiece.toFixed(1)} s at the latest  (target 60)`,
  ].join("\n")

const simulate = Command.make(
  "simulate",
  {
    leechers: Flag.Int("leechers").pipe(Flag.withDescription("How many"), Flag.withDefault(100)),
    rate: Flag.Int("rate").pipe(Flag.withDescription("KiB a second that the seed sends"), Flag.withDefault(64)),
    blocks: Flag.Int("blocks").pipe(Flag.withDescription("Blocks of each of the 512 pieces"), Flag.withDefault(1)),
    seed: Flag.Int("seed").pipe(Flag.withDescription("Of the randomness"), Flag.withDefault(0)),
    out: Flag.Directory("out").pipe(
      Flag.withDescription("Folder for the chart"),
      Flag.withDefault(join(places.dist, "results")),
    ),
  },
  Effect.fnUntraced(function* ({ out, rate, ...flags }) {
    const fs = yield* FileSystem.FileSystem
    const all: Array<Against> = []
    for (const mixture of Object.keys(mixtures)) {
      const against = yield* run(mixture, { ...flags, rate: rate * 1024 })
      all.push(against)
      yield* Console.log(inWords(against))
    }
    yield* fs.makeDirectory(out, { recursive: true })
    yield* fs.writeFileString(join(out, "simulated.svg"), courses(all))
    yield* Console.error(`chart: ${join(out, "simulated.svg")}`)
  }),
).pipe(Command.withDescription("Simulate whole swarms of our own engine, and hold them against theory"))

simulate.pipe(Command.run({ version: "0.1.0" }), Effect.provide(NodeServices.layer), NodeRuntime.runMain)

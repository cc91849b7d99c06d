/** `npm run bench:simulated`: whole swarms of our own engine under virtual time, held against what theory says could be done. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { SimulatedSwarm } from "@unchoke/testkit"
import { Console, Duration, Effect, FileSystem } from "effect"
import { Command, Flag } from "effect/cli"
import { join } from "node:path"
import * as places from "./places.ts"
import { courses } from "./render/courses.ts"

/** What became of a swarm, in multiples of the fluid bound. */
export interface Against {
  readonly title: string
  /** In seconds: nobody can be done before. */
  readonly bound: number
  /** When each of the leechers that were there from the beginning was done, the first one first. */
  readonly done: ReadonlyArray<number>
  /** How much the seed had sent when the others had all between them. */
  readonly copies: number
  /** How long a newcomer waited for its first piece at the most, in seconds. */
  readonly firstPiece: number
  /** When those who give nothing were done, in the mean, by when the others were; where there are such. */
  readonly freeRiders: number | undefined
}

const pieces = 512
const blockSize = 16_384

interface Leecher {
  /** In multiples of the rate. */
  readonly up: number
  readonly gives: boolean
  /** Comes when so much of the bound has passed. */
  readonly comes: number
}

interface Mixture {
  readonly title: string
  /** What the seed sends, in multiples of the rate (default: 1). */
  readonly seed?: number
  readonly leecher: (index: number) => Partial<Leecher>
}

/** Whoever is not described has an upload of the rate, gives, and is there from the beginning. */
const mixtures: ReadonlyArray<Mixture> = [
  { title: "of equal upload", leecher: () => ({}) },
  {
    title: "a fifth fast, a fifth slow",
    leecher: (index) => ({ up: index % 5 === 0 ? 4 : index % 5 === 1 ? 0.25 : 1 }),
  },
  {
    title: "a tenth gives nothing, a twentieth comes late",
    // Where the seed is what all wait for, there is upload to spare for everybody.
    seed: 4,
    leecher: (index) => ({ gives: index % 10 !== 3, comes: index % 20 === 7 ? 0.5 : 0 }),
  },
]

const run = Effect.fnUntraced(function* (
  { leecher, seed: sends = 1, title }: Mixture,
  { blocks, leechers, rate, seed }: Readonly<Record<"blocks" | "leechers" | "rate" | "seed", number>>,
) {
  const pieceLength = blocks * blockSize
  const bytes = pieces * pieceLength
  const all = Array.from({ length: leechers }, (_, index): Leecher => {
    return { up: 1, gives: true, comes: 0, ...leecher(index) }
  })
  const giving = all.reduce((sum, { gives, up }) => sum + (gives ? up : 0), sends)
  const bound = Math.max(1 / sends, leechers / giving) * (bytes / rate)
  const outcome = yield* SimulatedSwarm.play({
    pieces,
    pieceLength,
    seed,
    peers: [
      { up: rate * sends, delay: 20, has: SimulatedSwarm.all },
      ...all.map(({ comes, gives, up }) => ({
        up: rate * up,
        down: 8 * rate * up,
        delay: 20,
        comes: Duration.seconds(comes * bound),
        ...(!gives && { options: { uploadLimit: 0 } }),
      })),
    ],
  })
  const others = outcome.peers.slice(1)
  const doneBy = (which: (leecher: Leecher) => boolean) =>
    others.flatMap(({ done = Infinity }, index) => (which(all[index]!) ? [done] : []))
  const done = doneBy(({ comes }) => comes === 0)
  const riders = doneBy(({ gives }) => !gives)
  return {
    title: `1 seed and ${leechers} leechers, ${title}`,
    bound,
    done: done.toSorted((a, b) => a - b),
    copies: outcome.copiesBeforeOne ?? Infinity,
    firstPiece: Math.max(...others.map(({ came, stored }) => (stored[0] ?? Infinity) - came)),
    freeRiders:
      riders.length === 0 ? undefined : mean(riders) / mean(doneBy(({ comes, gives }) => gives && comes === 0)),
  } satisfies Against
})

const mean = (times: ReadonlyArray<number>): number => times.reduce((sum, time) => sum + time, 0) / times.length

const inWords = ({ bound, copies, done, firstPiece, freeRiders, title }: Against): string =>
  [
    title,
    `  fluid bound      ${bound.toFixed(1)} s`,
    `  median done      ${(done[done.length >> 1]! / bound).toFixed(2)} ×  (target 1.25)`,
    `  last done        ${(done.at(-1)! / bound).toFixed(2)} ×  (target 1.50)`,
    `  seed had sent    ${copies.toFixed(2)} copies before the others had one  (target 1.30)`,
    `  first piece      after ${firstPiece.toFixed(1)} s at the latest  (target 60)`,
    ...(freeRiders === undefined
      ? []
      : [`  free riders      done after ${freeRiders.toFixed(2)} × the time of those who give  (target: more than 1)`]),
  ].join("\n")

const simulate = Command.make(
  "simulate",
  {
    leechers: Flag.Int("leechers").pipe(Flag.withDescription("How many"), Flag.withDefault(100)),
    rate: Flag.Int("rate").pipe(
      Flag.withDescription("KiB a second that a leecher like most sends, and the seed"),
      Flag.withDefault(64),
    ),
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
    for (const mixture of mixtures) {
      const against = yield* run(mixture, { ...flags, rate: rate * 1024 })
      all.push(against)
      yield* Console.log(inWords(against))
    }
    yield* fs.makeDirectory(out, { recursive: true })
    yield* fs.writeFileString(join(out, "simulated.svg"), courses(all))
    yield* fs.writeFileString(join(out, "simulated.txt"), `${all.map(inWords).join("\n")}\n`)
    yield* Console.error(`chart: ${join(out, "simulated.svg")}`)
  }),
).pipe(Command.withDescription("Simulate whole swarms of our own engine, and hold them against theory"))

simulate.pipe(Command.run({ version: "0.1.0" }), Effect.provide(NodeServices.layer), NodeRuntime.runMain)

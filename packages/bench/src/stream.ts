/** `npm run bench:stream`: a film is played while it is downloaded from seeds that give twice its rate between them; from its beginning, and from elsewhere. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Deferred, Effect, FileSystem, Option, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { ChildProcess } from "effect/process"
import { join } from "node:path"
import type { Launch } from "./clients/Client.ts"
import { unchoke } from "./clients/unchoke.ts"
import { streaming, webtorrentDefault } from "./clients/webtorrent.ts"
import { matches, pieceHashes } from "./Content.ts"
import * as LoadGenerator from "./LoadGenerator.ts"
import * as Network from "./Network.ts"
import * as places from "./places.ts"
import { type Watched, watch } from "./Player.ts"
import { turns } from "./play.ts"
import { Programs } from "./Programs.ts"
import { contentName, KiB, MiB, single, totalLength } from "./Shape.ts"
import { withoutProxies } from "./Stopwatch.ts"
import { seeds, swarm } from "./Swarm.ts"
import { torrentFile } from "./torrentFile.ts"
import * as Tracker from "./Tracker.ts"

/** A film of 8 Mbit/s. */
const rate = MiB
const shape = single(96 * MiB, 256 * KiB)
/** What all seeds together take for a piece, in seconds. */
const pieceTime = shape.pieceLength / (2 * rate)

/** Where it is watched from, as a share of it, one after the other; for so many seconds each. */
const scenes = [0, 0.75, 0.3]
const usualSeconds = 8

interface Contender {
  readonly title: string
  readonly version: Effect.Effect<string | undefined, never, ChildProcessSpawner>
  readonly stream: (torrent: string, output: string) => Launch
}
type ChildProcessSpawner = Effect.Services<typeof unchoke.version>

const ours = (title: string, script: string): Contender => ({
  title,
  version: unchoke.version,
  stream: (torrent, output) => ({
    command: process.execPath,
    args: [script, "stream", torrent, "1", "--output", output, "--no-dht", "--no-lsd"],
  }),
})

const contenders: ReadonlyArray<Contender> = [
  ours("unchoke", places.unchoke),
  { title: "webtorrent", version: webtorrentDefault.version, stream: streaming },
  {
    title: "like rqbit",
    version: Effect.succeed("a window of 32 MiB, and a piece from one peer"),
    stream: (torrent, output) => ({
      command: process.execPath,
      args: [join(places.clients, "window-stream.mjs"), torrent, output],
    }),
  },
]

const network = Network.enter()

/** What one run has shown; `undefined` where nothing came. */
type Run = ReadonlyArray<Watched | undefined>

const played = Effect.fnUntraced(function* ({ args, command }: Launch, seconds: number) {
  const process = yield* ChildProcess.make(command, args, {
    env: withoutProxies,
    extendEnv: true,
    stdin: "ignore",
    killSignal: "SIGKILL",
  })
  const address = yield* Deferred.make<string>()
  yield* Stream.decodeText(process.stdout).pipe(
    Stream.splitLines,
    Stream.filter((line) => line.startsWith("http://")),
    Stream.runForEach((line) => Deferred.succeed(address, line)),
    Effect.ignore,
    Effect.forkScoped,
  )
  const url = yield* Effect.timeoutOption(Deferred.await(address), "20 seconds")
  if (Option.isNone(url)) return scenes.map(() => undefined)
  return yield* Effect.forEach(scenes, (share) =>
    watch(url.value, { offset: Math.floor(share * totalLength(shape)), rate, seconds, matches }),
  )
}, Effect.scoped)

const inWords = (watched: Watched | undefined): string =>
  watched === undefined
    ? "nothing"
    : `${watched.first.toFixed(2)} s, stalled ${watched.stalled.toFixed(2)} s${watched.wrong > 0 ? ", WRONG BYTES" : ""}`

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Infinity

const summary = (title: string, runs: ReadonlyArray<Run>): string => {
  const of = (scene: number, what: "first" | "stalled") =>
    median(runs.map((run) => run[scene]?.[what] ?? Infinity)).toFixed(2)
  const all = scenes.map(
    (share, nth) => `from ${100 * share} %: ${of(nth, "first")} s, stalled ${of(nth, "stalled")} s`,
  )
  return `  ${title.padEnd(18)} ${all.join("; ")}`
}

/** Of ours: no stall, and the first byte of a place that was leapt to within two pieces' time. */
const verdict = (runs: ReadonlyArray<Run>): string => {
  const all = runs.flatMap((run) => run.map((watched) => watched ?? { first: Infinity, stalled: Infinity }))
  const leaps = runs.flatMap((run) => run.slice(1).map((watched) => watched?.first ?? Infinity))
  const stalled = all.filter(({ stalled }) => stalled > 0).length
  const first = median(leaps)
  return [
    `  ${stalled === 0 ? "✓" : "✗"} never stalls: ${all.length - stalled} of ${all.length}`,
    `  ${first <= 2 * pieceTime ? "✓" : "✗"} from a request elsewhere to its first byte at most two pieces' time (${(2 * pieceTime).toFixed(3)} s): median ${first.toFixed(3)} s`,
  ].join("\n")
}

/** Keeps a core busy with what gives way to everybody else, until the scope ends. */
const busy = ChildProcess.make("nice", ["-n", "19", process.execPath, "-e", "for (;;);"], {
  stdin: "ignore",
  killSignal: "SIGKILL",
})

const flags = {
  runs: Flag.Int("runs").pipe(Flag.withDescription("How many of each"), Flag.withDefault(5)),
  seconds: Flag.Int("seconds").pipe(
    Flag.withDescription("For how long each place is played"),
    Flag.withDefault(usualSeconds),
  ),
  seeds: Flag.Int("seeds").pipe(
    Flag.withDescription("From so many; may be given several times (default: 2 and 8)"),
    Flag.atLeast(0),
  ),
  busy: Flag.Int("busy").pipe(
    Flag.withDescription("So many loops keep the machine busy meanwhile"),
    Flag.withDefault(0),
  ),
  clients: Flag.String("clients").pipe(Flag.withDescription("Only these, separated by commas"), Flag.withDefault("")),
  beside: Flag.String("beside").pipe(
    Flag.withDescription("The script of another unchoke, to be measured as well"),
    Flag.atLeast(0),
  ),
}

const stream = Command.make(
  "stream",
  flags,
  Effect.fnUntraced(function* ({ beside, busy: loops, clients, runs, seconds, seeds: counts }) {
    const fs = yield* FileSystem.FileSystem
    const { address, port } = network.tracker
    const tracker = yield* Tracker.start(address, port)
    const scratch = yield* fs.makeTempDirectoryScoped({ directory: "/dev/shm", prefix: "unchoke-bench-" })
    const torrent = join(scratch, "a.torrent")
    const { bytes, infoHash } = torrentFile(contentName, shape, pieceHashes(shape), { announce: tracker.url })
    yield* fs.writeFile(torrent, bytes)
    const here: Array<Contender> = []
    for (const contender of [...contenders, ...beside.map((script) => ours(script, script))]) {
      const version = yield* contender.version
      yield* Console.error(`${version === undefined ? "✗ not here:" : "✓"} ${contender.title} ${version ?? ""}`)
      const isAsked = clients === "" || beside.includes(contender.title) || clients.split(",").includes(contender.title)
      if (version !== undefined && isAsked) here.push(contender)
    }
    yield* Effect.forEach(Array.from({ length: loops }), () => busy, { discard: true })
    for (const count of counts.length > 0 ? counts : [2, 8]) {
      yield* Console.log(
        `${count} seeds that send ${(2 * rate) / count / KiB} KiB/s each, a film of ${rate / KiB} KiB/s`,
      )
      const results = new Map<Contender, Array<Run>>()
      for (const { client, run } of turns(here, runs)) {
        const peers = swarm(seeds(count, (2 * rate) / count), run, network.prefix)
        tracker.list(peers)
        const output = join(scratch, "output")
        yield* fs.makeDirectory(output)
        const seen = yield* Effect.scoped(
          Effect.andThen(
            LoadGenerator.start({ infoHash, shape, swarms: [peers], quickAcks: false }),
            played(client.stream(torrent, output), seconds),
          ),
        )
        yield* fs.remove(output, { recursive: true })
        yield* Console.error(`  ${run + 1}/${runs}  ${client.title}: ${seen.map(inWords).join("; ")}`)
        results.set(client, [...(results.get(client) ?? []), seen])
      }
      for (const [{ title }, all] of results) yield* Console.log(summary(title, all))
      const ours = results.get(contenders[0]!)
      if (ours !== undefined) yield* Console.log(verdict(ours))
    }
  }, Effect.scoped),
).pipe(Command.withDescription("Play what is being downloaded, from ours and from others"))

stream.pipe(
  Command.run({ version: "0.1.0" }),
  Effect.provide(Programs.layer),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain,
)

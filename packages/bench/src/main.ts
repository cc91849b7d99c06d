/** `npm run bench`: unchoke and whichever other clients this machine has, side by side. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { join } from "node:path"
import { keep, publish, verdicts } from "./archive.ts"
import { clients } from "./clients/all.ts"
import * as Collector from "./Collector.ts"
import { machine } from "./machine.ts"
import * as Network from "./Network.ts"
import * as Nodes from "./Nodes.ts"
import * as places from "./places.ts"
import { type Found, play } from "./play.ts"
import { Programs } from "./Programs.ts"
import { table } from "./render/table.ts"
import { Contender } from "./Results.ts"
import { rows } from "./Row.ts"
import { scenarios } from "./scenarios.ts"
import * as Tracker from "./Tracker.ts"
import type { Way } from "./Way.ts"
import * as WebServer from "./WebServer.ts"

const network = Network.enter()

const names = (flag: string, description: string, known: ReadonlyArray<string>) =>
  Flag.String(flag).pipe(
    Flag.withMetavar("a,b"),
    Flag.withDescription(`${description}: ${known.join(", ")}`),
    Flag.filterMap(
      (text) => Option.liftPredicate(text.split(","), (names) => names.every((name) => known.includes(name))),
      () => known.join(", "),
    ),
    Flag.withDefault(known),
  )

const bench = Command.make(
  "bench",
  {
    only: names(
      "only",
      "Scenarios to run",
      scenarios.map(({ name }) => name),
    ),
    clients: names(
      "clients",
      "Clients that take part, if they are installed",
      clients.map(({ name }) => name),
    ),
    runs: Flag.Int("runs").pipe(Flag.withDescription("Runs of each client in each scenario"), Flag.optional),
    quickAcks: Flag.Boolean("quick-acks").pipe(
      Flag.withDescription("Have the peers acknowledge requests at once, for clients that leave Nagle's algorithm on"),
      Flag.withDefault(false),
    ),
    out: Flag.Directory("out").pipe(
      Flag.withDescription("Folder for the results"),
      Flag.withDefault(join(places.dist, "results")),
    ),
    disk: Flag.Directory("disk").pipe(
      Flag.withDescription("Folder on the real disk for the scenario that is about it"),
      Flag.withDefault(places.dist),
    ),
  },
  Effect.fnUntraced(function* (flags) {
    const found = yield* find(flags.clients)
    const { collector, tracker: at } = network
    const world = {
      network,
      tracker: yield* Tracker.start(at.address, at.port),
      collector: yield* Collector.start(collector.address, collector.port),
      machine: machine(network, flags.quickAcks),
      disk: flags.disk,
      quickAcks: flags.quickAcks,
    }
    for (const scenario of scenarios.filter(({ name }) => flags.only.includes(name))) {
      yield* Console.error(`\n${scenario.name}: ${scenario.title}`)
      const lacking = yield* lacks(scenario.by)
      if (lacking !== undefined) {
        yield* Console.error(`✗ needs ${lacking}`)
        continue
      }
      const results = yield* play(
        scenario,
        found,
        world,
        Option.getOrElse(flags.runs, () => scenario.runs),
      )
      yield* Console.log(`\n${table(results.title, rows(results), verdicts(results))}`)
      yield* keep(flags.out, results)
      yield* publish(flags.out)
    }
    yield* Console.error(`results: ${flags.out}`)
  }, Effect.scoped),
).pipe(Command.withDescription("Run unchoke and other clients side by side, and write what they took"))

/** What is to be installed for this way to a torrent, and is not. */
const lacks = Effect.fnUntraced(function* (way: Way) {
  if (way === "web" && !(yield* WebServer.isInstalled)) return "nginx (apt install nginx-light)"
  if (way === "dht" && !(yield* Nodes.isInstalled)) return "libtorrent (apt install python3-libtorrent)"
  return undefined
})

/** Says who is here and who is not. */
const find = Effect.fnUntraced(function* (names: ReadonlyArray<string>) {
  const found: Array<Found> = []
  for (const client of clients.filter(({ name }) => names.includes(name))) {
    const version = yield* client.version
    yield* Console.error(
      version === undefined ? `✗ ${client.title}: not here (${client.from})` : `✓ ${client.title} ${version}`,
    )
    if (version === undefined) continue
    const { name, title, settings, reference = false } = client
    found.push({ client, contender: new Contender({ name, title, version, settings, reference }) })
  }
  return found
})

bench.pipe(
  Command.run({ version: "0.1.0" }),
  Effect.provide(Programs.layer),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain,
)

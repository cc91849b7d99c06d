/**
 * `npm run bench:eclipse`: torrents that are besieged by ids as near as BEP 42 allows, announced and looked for by ours and by libtorrent's DHT, in one network.
 *
 * Half of the torrents are announced by ours and half by theirs; each is looked for by as many of ours as of theirs, who have all entered by the same nodes.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Id } from "@unchoke/dht/internal"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { spawn, spawnSync } from "node:child_process"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { addressOf, Hub, look, type Member } from "./eclipse/Hub.ts"

const variable = "UNCHOKE_ECLIPSE"
/** Milliseconds: for the newcomers to fill their tables, for an announce, and for a look of theirs, which tells no end. */
const settling = 45_000
const announcing = 20_000
const looking = 30_000
const between = 400

interface Siege {
  readonly honest: number
  readonly besiegers: number
  readonly torrents: number
  readonly seekers: number
  readonly seed: number
}

const besiege = async ({
  besiegers,
  honest: count,
  seed,
  seekers,
  torrents,
}: Siege): Promise<ReadonlyArray<string>> => {
  const hub = new Hub(seed)
  const targets = Array.from({ length: torrents }, () => hub.randomTarget())
  const honest: Array<Member> = []
  for (let i = 0; i < count; i++) honest.push(await hub.honest())
  const all = [...honest]
  for (const target of targets) all.push(...(await hub.besiege(target, besiegers)))
  hub.acquaint(all)
  const entrances = honest.slice(0, 3).map(({ endpoint }) => endpoint)
  // The last one announces.
  const ours: Array<Member> = []
  for (let i = 0; i <= seekers; i++) ours.push(await hub.honest())
  for (const { node } of ours) node.enterBy(entrances, true, hub.now)
  const theirAddresses = Array.from({ length: seekers + 1 }, () => addressOf(hub.freshEndpoint()))
  const theirs = spawn(
    "/usr/bin/python3",
    [
      fileURLToPath(new URL("eclipse/sessions.py", import.meta.url)),
      entrances.map((entrance) => `${addressOf(entrance)}:6881`).join(","),
      ...theirAddresses,
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  )
  const foundByTheirs = new Set<string>()
  createInterface(theirs.stdout).on("line", (line) => foundByTheirs.add(line.replace(/:\d+$/, "")))
  await sleep(settling)
  for (const [index, target] of targets.entries()) {
    if (index % 2 === 0) {
      const { node } = ours[seekers]!
      const { lookup } = await look(ours[seekers]!, target, "", hub.now)
      node.announce(lookup, { port: 7777, seed: true }, () => {}, hub.now)
    } else theirs.stdin.write(`announce ${seekers} ${hexOf(target)}\n`)
    await sleep(3 * between)
  }
  await sleep(announcing)
  const tally = new Map<string, Array<Promise<boolean>>>()
  const tell = (title: string, found: Promise<boolean>) => {
    const before = tally.get(title)
    if (before === undefined) tally.set(title, [found])
    else before.push(found)
  }
  for (const [index, target] of targets.entries()) {
    const isOurs = index % 2 === 0
    const peer = isOurs ? addressOf(ours[seekers]!.endpoint) : theirAddresses[seekers]!
    const by = isOurs ? "ours" : "theirs"
    for (let seeker = 0; seeker < seekers; seeker++) {
      tell(
        `announced by ${by}, looked for by ours`,
        look(ours[seeker]!, target, peer, hub.now).then(({ found }) => found),
      )
      theirs.stdin.write(`find ${seeker} ${hexOf(target)}\n`)
      tell(
        `announced by ${by}, looked for by theirs`,
        sleep(looking).then(() => foundByTheirs.has(`peer ${seeker} ${hexOf(target)} ${peer}`)),
      )
      await sleep(between)
    }
  }
  const lines: Array<string> = []
  for (const [title, looks] of tally) {
    const found = (await Promise.all(looks)).filter((one) => one).length
    lines.push(`${title}: found by ${found} of ${looks.length} (${((100 * found) / looks.length).toFixed(1)} %)`)
  }
  theirs.kill()
  return lines.toSorted()
}

const hexOf = (id: Id.Id): string => Buffer.from(Id.toBytes(id)).toString("hex")

/** Starts this program again in a namespace in which every address is this machine's. */
const inNamespace = (): number =>
  spawnSync(
    "unshare",
    [
      "--user",
      "--map-root-user",
      "--net",
      "sh",
      "-c",
      'ip link set lo up && ip route add local 0.0.0.0/1 dev lo && ip route add local 128.0.0.0/1 dev lo && exec "$0" "$@"',
      process.execPath,
      ...process.execArgv,
      ...process.argv.slice(1),
    ],
    { stdio: "inherit", env: { ...process.env, [variable]: "1" } },
  ).status ?? 1

const eclipse = Command.make(
  "eclipse",
  {
    honest: Flag.Int("honest").pipe(Flag.withDescription("Nodes that tell the truth"), Flag.withDefault(1000)),
    besiegers: Flag.Int("besiegers").pipe(
      Flag.withDescription("Of each torrent, each in a network of its own"),
      Flag.withDefault(64),
    ),
    torrents: Flag.Int("torrents").pipe(
      Flag.withDescription("How many, half of them announced by theirs"),
      Flag.withDefault(8),
    ),
    seekers: Flag.Int("seekers").pipe(
      Flag.withDescription("Who look for each, of ours and of theirs"),
      Flag.withDefault(10),
    ),
    seed: Flag.Int("seed").pipe(Flag.withDescription("Of the randomness"), Flag.withDefault(1)),
  },
  Effect.fnUntraced(function* (siege) {
    if (process.env[variable] === undefined) return process.exit(inNamespace())
    const lines = yield* Effect.promise(() => besiege(siege))
    yield* Console.log(lines.join("\n"))
    process.exit(0)
  }),
).pipe(Command.withDescription("Besiege torrents in a DHT of ours and of libtorrent's"))

eclipse.pipe(Command.run({ version: "0.1.0" }), Effect.provide(NodeServices.layer), NodeRuntime.runMain)

/**
 * A scenario made ready: its torrent and its hashes on disk, its peers listening, the tracker waiting to be told a list.
 *
 * Lives as long as its scope; everything it put on a disk goes with it.
 */
import { Effect, FileSystem, type Scope } from "effect"
import { ChildProcess, type ChildProcessSpawner } from "effect/process"
import { join } from "node:path"
import { rival } from "./clients/libtorrent.ts"
import { pieceHashes, write } from "./Content.ts"
import * as LoadGenerator from "./LoadGenerator.ts"
import type { Scenario } from "./Scenario.ts"
import { contentName, totalLength } from "./Shape.ts"
import { goodPeer, type Job, type Launch, port } from "./clients/Client.ts"
import { seed } from "./clients/unchoke.ts"
import { listens } from "./listens.ts"
import { rivals, swarm } from "./Swarm.ts"
import { torrentFile } from "./torrentFile.ts"
import * as Nodes from "./Nodes.ts"
import * as WebServer from "./WebServer.ts"
import { linkOf } from "./Way.ts"
import type { World } from "./World.ts"

export interface Stage {
  /** Fresh folders, a tracker that knows this layout, or only its good peer, and a DHT of its own where that is the way. Whatever the last job left is gone. */
  readonly job: (
    layout: number,
    alone: boolean,
  ) => Effect.Effect<Job, never, Scope.Scope | ChildProcessSpawner.ChildProcessSpawner>
  /** The rivals of the next run, with nothing yet. */
  readonly rivals: Effect.Effect<ReadonlyArray<Launch>>
  readonly peers: LoadGenerator.LoadGenerator
}

export const set = Effect.fnUntraced(function* (scenario: Scenario, world: World) {
  const { collector, disk, network, quickAcks, tracker } = world
  const fs = yield* FileSystem.FileSystem
  // In memory, whichever disk the scenario is about: clients that write logs and sessions are not to pay for it.
  const scratch = yield* fs.makeTempDirectoryScoped({ directory: memoryDisk, prefix: "unchoke-bench-" })
  const folder =
    scenario.disk === "memory" ? scratch : yield* fs.makeTempDirectoryScoped({ directory: disk, prefix: "run-" })
  const hashes = pieceHashes(scenario.shape)
  const { by } = scenario
  const whole = totalLength(scenario.shape)
  const given = join(scenario.work === "create" ? folder : scratch, "given")
  if (by === "web" || scenario.ourSeed || scenario.work === "create") {
    yield* fs.makeDirectory(given)
    yield* write(join(given, contentName), whole, whole)
  }
  const named =
    by === "web"
      ? { "url-list": `${yield* WebServer.start(given, join(scratch, "nginx"), network.web)}${contentName}` }
      : { announce: tracker.url }
  const { bytes, info, infoHash } = torrentFile(contentName, scenario.shape, hashes, named)
  const files = { torrent: join(scratch, "a.torrent"), hashes: join(scratch, "hashes"), info: join(scratch, "info") }
  yield* fs.writeFile(files.torrent, bytes)
  yield* fs.writeFile(files.hashes, hashes)
  yield* fs.writeFile(files.info, info)
  const swarms = Array.from({ length: scenario.layouts }, (_, layout) => swarm(scenario.census, layout, network.prefix))
  const peers = yield* LoadGenerator.start({ infoHash, shape: scenario.shape, swarms, info: files.info, quickAcks })
  const output = join(folder, "output")
  const home = join(scratch, "home")
  const there = join(scratch, "there")
  if (scenario.present > 0) yield* write(there, totalLength(scenario.shape), scenario.present)
  const { address } = network.tracker
  const complete = scenario.present === totalLength(scenario.shape)
  const ours = scenario.ourSeed ? [yield* seeding(files.torrent, given, address)] : []
  const beside = rivals(scenario.rivals, network.prefix)
  const job = Effect.fnUntraced(function* (layout: number, alone: boolean) {
    for (const path of [output, home]) {
      yield* fs.remove(path, { recursive: true, force: true })
      yield* fs.makeDirectory(path)
    }
    const listed = swarms[layout % swarms.length] ?? []
    // A part is written on: that it is one's own copy matters.
    if (complete) yield* fs.link(there, join(output, contentName))
    else if (scenario.present > 0) yield* fs.copy(there, join(output, `${contentName}.part`))
    tracker.list(alone ? [goodPeer(listed)] : [...listed, ...beside, ...ours])
    const entrance = by === "dht" ? yield* Nodes.start(network.prefix, infoHash, goodPeer(listed)) : undefined
    const links = { link: linkOf(infoHash, contentName, tracker.url), dht: linkOf(infoHash, contentName) }
    const torrent = by === "link" || by === "dht" ? links[by] : files.torrent
    return {
      ...files,
      torrent,
      entrance,
      infoHash,
      shape: scenario.shape,
      swarm: listed,
      address,
      complete,
      output,
      source: join(given, contentName),
      home,
      collector,
    } satisfies Job
  }, Effect.orDie)
  const rivalsAnew = Effect.forEach(
    beside,
    Effect.fnUntraced(function* ({ address }) {
      const folder = join(scratch, address)
      yield* fs.remove(folder, { recursive: true, force: true })
      yield* fs.makeDirectory(folder)
      return rival(files.torrent, folder, address)
    }, Effect.orDie),
  )
  return { job, rivals: rivalsAnew, peers } satisfies Stage
})

/** A seed of our own, as long as the scope is open: where it can be called, when it can be. */
const seeding = Effect.fnUntraced(function* (torrent: string, folder: string, address: string) {
  const { args, command } = seed(torrent, folder)
  yield* ChildProcess.make(command, args, {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
    killSignal: "SIGKILL",
  })
  yield* listens({ address, port })
  return { address, port }
})

/** Debian mounts a tmpfs there, half as large as the memory. */
const memoryDisk = "/dev/shm"

/**
 * A scenario made ready: its torrent and its hashes on disk, its peers listening, the tracker waiting to be told a list.
 *
 * Lives as long as its scope; everything it put on a disk goes with it.
 */
import { Effect, FileSystem } from "effect"
import { join } from "node:path"
import { rival } from "./clients/libtorrent.ts"
import { pieceHashes, write } from "./Content.ts"
import * as LoadGenerator from "./LoadGenerator.ts"
import type { Scenario } from "./Scenario.ts"
import { contentName, totalLength } from "./Shape.ts"
import { goodPeer, type Job, type Launch } from "./clients/Client.ts"
import { rivals, swarm } from "./Swarm.ts"
import { torrentFile } from "./torrentFile.ts"
import type { World } from "./World.ts"

export interface Stage {
  /** Fresh folders, and a tracker that knows this layout, or only its good peer. Whatever the last job left is gone. */
  readonly job: (layout: number, alone: boolean) => Effect.Effect<Job>
  /** The rivals of the next run, with nothing yet. */
  readonly rivals: Effect.Effect<ReadonlyArray<Launch>>
  readonly peers: LoadGenerator.LoadGenerator
}

export const set = Effect.fnUntraced(function* (scenario: Scenario, world: World) {
  const { disk, network, quickAcks, tracker } = world
  const fs = yield* FileSystem.FileSystem
  // In memory, whichever disk the scenario is about: clients that write logs and sessions are not to pay for it.
  const scratch = yield* fs.makeTempDirectoryScoped({ directory: memoryDisk, prefix: "unchoke-bench-" })
  const folder =
    scenario.disk === "memory" ? scratch : yield* fs.makeTempDirectoryScoped({ directory: disk, prefix: "run-" })
  const hashes = pieceHashes(scenario.shape)
  const { bytes, infoHash } = torrentFile(contentName, scenario.shape, hashes, tracker.url)
  const files = { torrent: join(scratch, "a.torrent"), hashes: join(scratch, "hashes") }
  yield* fs.writeFile(files.torrent, bytes)
  yield* fs.writeFile(files.hashes, hashes)
  const swarms = Array.from({ length: scenario.layouts }, (_, layout) => swarm(scenario.census, layout, network.prefix))
  const peers = yield* LoadGenerator.start({ infoHash, shape: scenario.shape, swarms, quickAcks })
  const output = join(folder, "output")
  const home = join(scratch, "home")
  const there = join(scratch, "there")
  if (scenario.present > 0) yield* write(there, totalLength(scenario.shape), scenario.present)
  const { address } = network.tracker
  const complete = scenario.present === totalLength(scenario.shape)
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
    tracker.list(alone ? [goodPeer(listed)] : [...listed, ...beside])
    return { ...files, infoHash, shape: scenario.shape, swarm: listed, address, complete, output, home } satisfies Job
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

/** Debian mounts a tmpfs there, half as large as the memory. */
const memoryDisk = "/dev/shm"

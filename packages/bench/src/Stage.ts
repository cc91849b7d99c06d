/**
 * A scenario made ready: its torrent and its hashes on disk, its peers listening, the tracker waiting to be told a list.
 *
 * Lives as long as its scope; everything it put on a disk goes with it.
 */
import { Effect, FileSystem } from "effect"
import { join } from "node:path"
import { goodPeer, type Job } from "./clients/Client.ts"
import { pieceHashes } from "./Content.ts"
import * as LoadGenerator from "./LoadGenerator.ts"
import type { Scenario } from "./Scenario.ts"
import { contentName } from "./Shape.ts"
import { swarm } from "./Swarm.ts"
import { torrentFile } from "./torrentFile.ts"
import type { World } from "./World.ts"

export interface Stage {
  /** Fresh folders, and a tracker that knows this layout, or only its good peer. Whatever the last job left is gone. */
  readonly job: (layout: number, alone: boolean) => Effect.Effect<Job>
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
  const job = Effect.fnUntraced(function* (layout: number, alone: boolean) {
    for (const path of [output, home]) {
      yield* fs.remove(path, { recursive: true, force: true })
      yield* fs.makeDirectory(path)
    }
    const listed = swarms[layout % swarms.length] ?? []
    tracker.list(alone ? [goodPeer(listed)] : listed)
    return { ...files, infoHash, shape: scenario.shape, swarm: listed, output, home } satisfies Job
  }, Effect.orDie)
  return { job, peers } satisfies Stage
})

/** Debian mounts a tmpfs there, half as large as the memory. */
const memoryDisk = "/dev/shm"

/** The demo's story: look at a swarm, download from it with an interruption, verify. Fails when anything ends otherwise than told. */
import { Content, LoopbackSwarm, LoopbackTracker } from "@unchoke/testkit"
import { Effect, FileSystem, Path } from "effect"
import type { NetAddress } from "effect/net"
import * as Screen from "../Screen.ts"
import { cast } from "./cast.ts"
import { command } from "./command.ts"

const pieceLength = 64 * 1024
const pieces = 384

/** Impatient, for there is nothing to wait for on loopback. */
const deadlines = "--connect-timeout 1s --handshake-timeout 1s --bitfield-timeout 1s --unchoke-timeout 2s".split(" ")

export const play = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const { out } = yield* Screen.Screen
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-demo-" })

  const named: Array<NetAddress.InetAddress> = []
  const tracker = yield* LoopbackTracker.make({ peers: named })
  const content = Content.make({
    // Nobody outside is asked.
    private: true,
    name: "holiday.mkv",
    files: pieces * pieceLength,
    pieceLength,
    announce: tracker.announceUrl,
  })
  const swarm = yield* LoopbackSwarm.start(content, cast(pieces))
  named.push(...swarm.addresses)
  yield* fs.writeFile(join(folder, "holiday.torrent"), content.bytes)

  const blocks = (content.data.length / 16_384) * 0.6
  const halfWay = Effect.delay(
    Effect.sync(() => swarm.served.length > blocks),
    20,
  ).pipe(Effect.repeat({ until: (reached) => reached }))

  yield* Screen.say(
    out.bold(`A tracker and ${named.length} peers on loopback: two seeders, one liar, and whatever else one meets.`),
  )
  yield* command(folder, 0, ["probe", "holiday.torrent", ...deadlines])
  yield* command(folder, 130, ["download", "holiday.torrent", "--output", "videos"], halfWay)
  yield* command(folder, 0, ["download", "holiday.torrent", "--output", "videos"])
  yield* command(folder, 0, ["verify", "holiday.torrent", "videos"])

  const file = yield* fs.readFile(join(folder, "videos", "holiday.mkv"))
  if (!Buffer.from(file).equals(content.data)) return yield* Effect.die("the file is not what the seeders have")
  yield* Screen.say(`\n${out.green("Byte for byte")} what the seeders have.`)
})

/** `npm run bench:idle`: what it costs to seed many torrents at once while nobody comes. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, FileSystem, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { ChildProcess } from "effect/process"
import { createHash, randomBytes } from "node:crypto"
import { join } from "node:path"
import * as places from "./places.ts"
import { single } from "./Shape.ts"
import { torrentFile } from "./torrentFile.ts"

/** Of each torrent, in bytes. */
const length = 256 * 1024
const pieceLength = 16 * 1024

/** So long until what begins has ended, and so long it is watched, in seconds. */
const settling = 20
const watched = 20

/** What is asked for of 500. */
const most = { mebibytes: 150, ofACore: 0.02 }

const idle = Command.make(
  "bench:idle",
  { torrents: Flag.Int("torrents").pipe(Flag.withDefault(500)) },
  Effect.fnUntraced(function* ({ torrents }) {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-idle-" })
    const names = Array.from({ length: torrents }, (_, nth) => `${nth}.bin`)
    for (const name of names) yield* make(folder, name)
    const list = join(folder, "list.txt")
    yield* fs.writeFileString(list, names.map((name) => join(folder, `${name}.torrent\n`)).join(""))
    // Nothing leaves this machine: who comes would come by itself.
    const alone = ["--no-tracker", "--no-dht", "--no-lsd", "--port", "0", "--quiet"]
    const args = [places.unchoke, "seed", "--list", list, folder, ...alone]
    const seed = yield* ChildProcess.make(process.execPath, args, { stdin: "ignore" })
    yield* Effect.forkScoped(Stream.runDrain(seed.all))
    yield* Effect.sleep(`${settling} seconds`)
    const before = yield* ticks(Number(seed.pid))
    yield* Effect.sleep(`${watched} seconds`)
    const core = ((yield* ticks(Number(seed.pid))) - before) / ticksPerSecond / watched
    const memory = yield* resident(Number(seed.pid))
    const open = yield* fs.readDirectory(`/proc/${seed.pid}/fd`)
    const verdict = memory <= most.mebibytes && core <= most.ofACore ? "✓" : "✗"
    yield* Console.log(
      `${verdict} ${torrents} torrents seeded to nobody: ${memory.toFixed(0)} MiB (at most ${most.mebibytes}), ${(core * 100).toFixed(2)} % of a core (at most ${most.ofACore * 100} %), ${open.length} descriptors`,
    )
  }, Effect.scoped),
).pipe(Command.withDescription("Seed many torrents that nobody asks for, and measure what that takes"))

/** A file of random bytes, and its torrent. */
const make = Effect.fnUntraced(function* (folder: string, name: string) {
  const fs = yield* FileSystem.FileSystem
  const bytes = randomBytes(length)
  const hashes = Array.from({ length: length / pieceLength }, (_, piece) =>
    createHash("sha1")
      .update(bytes.subarray(piece * pieceLength, (piece + 1) * pieceLength))
      .digest(),
  )
  const torrent = torrentFile(name, single(length, pieceLength), Buffer.concat(hashes), {})
  yield* fs.writeFile(join(folder, name), bytes)
  yield* fs.writeFile(join(folder, `${name}.torrent`), torrent.bytes)
})

/** In which the kernel counts. */
const ticksPerSecond = 100

const ticks = Effect.fnUntraced(function* (pid: number) {
  const stat = yield* (yield* FileSystem.FileSystem).readFileString(`/proc/${pid}/stat`)
  const words = stat.split(") ").at(-1)!.split(" ")
  return Number(words[11]) + Number(words[12])
})

/** In MiB. */
const resident = Effect.fnUntraced(function* (pid: number) {
  const status = yield* (yield* FileSystem.FileSystem).readFileString(`/proc/${pid}/status`)
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024
})

idle.pipe(Command.run({ version: "0.1.0" }), Effect.provide(NodeServices.layer), NodeRuntime.runMain)

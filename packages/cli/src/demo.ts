/** `npm run demo`: the real commands on a swarm of one's own, on loopback. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Content, LoopbackSwarm } from "@unchoke/testkit"
import { Effect, FileSystem, Layer } from "effect"
import { NetAddress } from "effect/net"
import { spawn } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { cast } from "./demo/cast.ts"
import { quitOnBrokenPipe } from "./brokenPipe.ts"
import * as Screen from "./Screen.ts"

const pieceLength = 64 * 1024
const pieces = 384

quitOnBrokenPipe()

Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { out } = yield* Screen.Screen
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-demo-" })
  const members = cast(pieces)
  const content = Content.make({ name: "holiday.mkv", files: pieces * pieceLength, pieceLength })
  const swarm = yield* LoopbackSwarm.start(content, members)
  yield* fs.writeFile(join(folder, "holiday.torrent"), content.bytes)
  const peers = swarm.addresses.flatMap((address) => ["--peer", NetAddress.formatInet(address)])
  const deadlines = [
    "--connect-timeout",
    "1s",
    "--handshake-timeout",
    "1s",
    "--bitfield-timeout",
    "1s",
    "--unchoke-timeout",
    "2s",
  ]

  const unchoke = (...args: ReadonlyArray<string>) =>
    Effect.andThen(
      Screen.print(`\n${out.dim("$")} ${out.bold(`unchoke ${args.slice(0, 2).join(" ")}`)}`),
      run(folder, args),
    )
  yield* unchoke("probe", "holiday.torrent", ...peers, ...deadlines)
  yield* unchoke("download", "holiday.torrent", ...peers, ...deadlines)
  yield* unchoke("verify", "holiday.torrent", ".")
}).pipe(Effect.scoped, Effect.provide(Layer.merge(Screen.layer, NodeServices.layer)), NodeRuntime.runMain())

const command = fileURLToPath(new URL("../bin/unchoke.js", import.meta.url))

const run = (cwd: string, args: ReadonlyArray<string>): Effect.Effect<number> =>
  Effect.callback((resume) => {
    const child = spawn(process.execPath, [command, ...args], { cwd, stdio: "inherit" })
    child.once("close", (code) => resume(Effect.succeed(code ?? 1)))
    return Effect.sync(() => child.kill())
  })

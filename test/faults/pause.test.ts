/** The command is stopped and goes on (Ctrl-Z, a suspended machine): what the peers did meanwhile was read by nobody, and is not their fault. */
import { assert, describe, it } from "@effect/vitest"
import { Content, LoopbackSwarm, Script } from "@unchoke/testkit"
import { Effect } from "effect"
import { NetAddress } from "effect/net"
import { spawn } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

const content = Content.make({ files: 4 * 65_536, pieceLength: 65_536 })
const command = join(import.meta.dirname, "../../packages/cli/src/main.ts")
const peers = 5

const temporary = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "unchoke-pause-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
)

type Moment = (swarm: LoopbackSwarm.LoopbackSwarm) => boolean

const everybodyConnected: Moment = (swarm) => swarm.open() === peers
const served: Moment = (swarm) => swarm.served.length > 0

/** Downloads from peers that all do the same; when the moment has come, stops for three seconds. What is on the disk in the end. */
const pausedWith = Effect.fnUntraced(function* (script: Script.Script, come: Moment, ...flags: ReadonlyArray<string>) {
  const swarm = yield* LoopbackSwarm.start(
    content,
    Array.from({ length: peers }, () => ({ script })),
  )
  const folder = yield* temporary
  yield* Effect.promise(() => writeFile(join(folder, "a.torrent"), content.bytes))
  const given = swarm.addresses.flatMap((peer) => ["--peer", NetAddress.formatInet(peer)])
  const args = ["download", join(folder, "a.torrent"), "--output", folder, "--no-tracker", ...given, ...flags]
  const child = spawn(process.execPath, ["--conditions=source", command, ...args], { stdio: "ignore" })
  yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve))
  while (!come(swarm)) yield* Effect.sleep(10)
  yield* Effect.sleep(200)
  child.kill("SIGSTOP")
  yield* Effect.sleep(3000)
  child.kill("SIGCONT")
  assert.strictEqual(yield* Effect.promise(() => ended), 0)
  return yield* Effect.promise(() => readFile(join(folder, "content.bin")))
}, Effect.scoped)

const slowHandshake: Script.Script = {
  _tag: "Accept",
  steps: [{ _tag: "Wait", ms: 700 }, ...(Script.good._tag === "Accept" ? Script.good.steps : [])],
}

describe("a pause of ours", () => {
  it.live("while shaking hands", () =>
    Effect.map(pausedWith(slowHandshake, everybodyConnected, "--handshake-timeout", "1500ms"), (bytes) =>
      assert.isTrue(bytes.equals(content.data)),
    ),
  )

  it.live("while parked", () =>
    Effect.map(pausedWith(Script.unchokeAfter(900), everybodyConnected, "--unchoke-timeout", "1500ms"), (bytes) =>
      assert.isTrue(bytes.equals(content.data)),
    ),
  )

  it.live("while downloading", () =>
    Effect.map(pausedWith(Script.trickling(150), served, "--block-timeout", "1s"), (bytes) =>
      assert.isTrue(bytes.equals(content.data)),
    ),
  )
})

/** The examples run as they stand, each in a process of its own, against peers on loopback. */
import { assert, describe, it } from "@effect/vitest"
import { Content, LoopbackSwarm, Script } from "@unchoke/testkit"
import { Effect } from "effect"
import * as Hex from "effect/encoding/Hex"
import { NetAddress } from "effect/net"
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { collector } from "./Collector.ts"

const content = Content.make({ files: 300_000, pieceLength: 65_536 })

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "unchoke-examples-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true })),
)

/** Runs an example to its end and returns what it printed. */
const run = (example: string, ...args: ReadonlyArray<string>) =>
  Effect.callback<string>((resume) => {
    const child = execFile(
      process.execPath,
      ["--conditions=source", join(import.meta.dirname, "../../examples", example), ...args],
      (error, stdout, stderr) => resume(error === null ? Effect.succeed(stdout) : Effect.die(new Error(stderr))),
    )
    return Effect.sync(() => child.kill())
  })

const world = Effect.gen(function* () {
  const there = yield* folder
  const torrent = join(there, "content.torrent")
  yield* Effect.promise(() => writeFile(torrent, content.bytes))
  const swarm = yield* LoopbackSwarm.start(content, [
    { script: Script.goodNamed("Seeder 1.0") },
    { script: Script.wrongHash },
    { script: Script.refuse },
  ])
  const [good = "", wrong = "", refused = ""] = swarm.addresses.map(NetAddress.formatInet)
  return { there, torrent, good, wrong, refused }
})

const downloaded = (there: string) =>
  Effect.map(
    Effect.promise(() => readFile(join(there, "content.bin"))),
    (bytes) => new Uint8Array(bytes),
  )

describe("examples", () => {
  it.live("download.ts downloads, and says how far it is", () =>
    Effect.gen(function* () {
      const { good, there, torrent, wrong } = yield* world
      const said = yield* run("download.ts", torrent, there, wrong, good)
      assert.include(said, "from Seeder 1.0")
      assert.include(said, "5 of 5 pieces")
      assert.include(said, "done: 300000 bytes")
      assert.deepStrictEqual(yield* downloaded(there), content.data)
    }).pipe(Effect.scoped),
  )

  it.live("download.ts tells each failure apart", () =>
    Effect.gen(function* () {
      const { refused, there, torrent, wrong } = yield* world
      assert.include(yield* run("download.ts", torrent, there, wrong, refused), "HandshakeFailed: ")
      assert.include(yield* run("download.ts", torrent, there), "nobody to ask")
      yield* Effect.promise(() => writeFile(torrent, "not a torrent"))
      assert.include(yield* run("download.ts", torrent, there, wrong), "not a torrent we can download")
    }).pipe(Effect.scoped),
  )

  it.live("probe.ts says who would give us the file", () =>
    Effect.gen(function* () {
      const { good, refused, torrent, wrong } = yield* world
      const said = yield* run("probe.ts", torrent, good, refused, wrong)
      assert.include(said, `${good} would give us the file`)
      assert.include(said, `${refused} refused the connection`)
      assert.include(said, `${wrong} served another torrent`)
    }).pipe(Effect.scoped),
  )

  it.live("dialer.ts counts what its own dialer received", () =>
    Effect.gen(function* () {
      const { good, there, torrent } = yield* world
      const said = yield* run("dialer.ts", torrent, there, good)
      const [, received] = /^(\d+) bytes on the wire for a file of 300000/m.exec(said) ?? []
      assert.isAbove(Number(received), 300_000)
      assert.isBelow(Number(received), 310_000)
    }).pipe(Effect.scoped),
  )

  it.live("tracing.ts sends spans to a collector, each below the one that it belongs to", () =>
    Effect.gen(function* () {
      const { good, refused, there, torrent } = yield* world
      const sent = yield* collector
      const said = yield* run("tracing.ts", torrent, there, sent.url, refused, good)
      assert.deepStrictEqual(yield* downloaded(there), content.data)
      // Whatever is logged, stdout is the program's.
      assert.strictEqual(said, `300000 bytes; who gave them, and what each piece took, is at ${sent.url}\n`)
      const { logs, metrics, spans } = sent
      const at = (path: string) => spans.filter((span) => span.path === `fetch the film > unchoke.download${path}`)
      const [whole] = at("")
      assert.strictEqual(whole?.attributes["infoHash"], Hex.encode(content.torrent.infoHash))
      assert.lengthOf(new Set(spans.filter(({ path }) => path.startsWith("fetch")).map(({ traceId }) => traceId)), 1)
      const probes = " > unchoke.choice > unchoke.probe"
      assert.sameMembers(
        at(probes).map(({ attributes }) => attributes["peer"]),
        [good, refused],
      )
      for (const phase of ["connect", "handshake", "pieces", "unchoke"]) {
        const steps = at(`${probes} > unchoke.${phase}`)
        assert.isTrue(
          steps.some(({ attributes }) => attributes["peer"] === good),
          phase,
        )
      }
      const passed = at(probes).find(({ attributes }) => attributes["peer"] === good)
      assert.strictEqual(passed?.attributes["client"], "Seeder 1.0")
      assert.strictEqual(passed?.attributes["verdict"], "passed")
      const [link] = at(" > unchoke.link")
      assert.strictEqual(Number(link?.attributes["received"]), 300_000)
      assert.lengthOf(at(" > unchoke.piece"), 5)
      for (const piece of at(" > unchoke.piece")) {
        assert.isTrue(BigInt(piece.startTimeUnixNano) >= BigInt(link!.startTimeUnixNano))
        assert.isTrue(BigInt(piece.endTimeUnixNano) <= BigInt(whole!.endTimeUnixNano))
      }
      assert.includeMembers([...metrics], ["unchoke_bytes_total", "unchoke_pieces_total", "unchoke_disk_seconds"])
      assert.includeMembers([...logs], ["Info download begins", "Info download ends"])
    }).pipe(Effect.scoped),
  )
})

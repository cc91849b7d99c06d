/** A command that is looked at from outside does the same, and says the same. */
import { assert, describe, it } from "@effect/vitest"
import { Metainfo } from "@unchoke/protocol"
import { Content, LoopbackSwarm, LoopbackTracker, Script } from "@unchoke/testkit"
import { Effect, Fiber, Option, Result } from "effect"
import { NetAddress } from "effect/net"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, request, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { collector } from "../examples/Collector.ts"
import { recording, unchoke } from "./cli.ts"

const passKey = "0123456789abcdef0123456789abcdef"
const alone = ["--no-dht", "--no-lsd", "--no-pex", "--local-tracker"]

/** A folder, a torrent whose tracker and web seeds know the user by a pass key and repeat it, and a peer. */
const world = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "unchoke-observing-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true })),
  )
  const tracker = yield* LoopbackTracker.make({ refusal: `pass key ${passKey} has expired` })
  const tiers = [[`${tracker.announceUrl}?passkey=${passKey}`], [`${tracker.announceUrl}/${passKey}`]]
  const content = Content.make({ files: 300_000, pieceLength: 65_536, tiers })
  const torrent = join(folder, "content.torrent")
  const web = yield* refusingServer(`no user ${passKey}`)
  const metainfo = Result.getOrThrow(Metainfo.fromBytes(content.bytes))
  const webSeeds = [`${web}/${passKey}/content.bin`, `${web}/content.bin?token=${passKey}`]
  yield* Effect.promise(() => writeFile(torrent, Metainfo.toBytes({ ...metainfo, webSeeds })))
  const swarm = yield* LoopbackSwarm.start(content, [{ script: Script.goodNamed("Seeder 1.0") }])
  return { folder, torrent, peer: NetAddress.formatInet(swarm.addresses[0]!) }
})

/** Forbids whatever it is asked for, in these words. */
const refusingServer = (words: string) => serverOf(createServer((_, response) => response.writeHead(403, words).end()))

/** Takes connections and what is sent, and says nothing. */
const deafServer = Effect.suspend(() => serverOf(createServer()))

const serverOf = (server: Server) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Server>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        }),
    ),
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  )

/** What is answered at this URL, called by this name. */
const get = (url: string, host?: string) =>
  Effect.callback<{ readonly status: number | undefined; readonly body: string }, Error>((resume) => {
    request(url, { agent: false, ...(host !== undefined && { headers: { host } }) }, (response) => {
      let body = ""
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => (body += chunk))
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode, body })))
    })
      .on("error", (error) => resume(Effect.fail(error)))
      .end()
  })

describe("a command that is looked at", () => {
  it.live(
    "sends its traces, metrics and logs to a collector; a pass key is in none of them, nor in what is printed",
    () =>
      Effect.gen(function* () {
        for (const [command, json, below] of [
          ["download", false, ""],
          ["download", true, "/"],
          ["probe", false, "/v1/traces"],
          ["probe", true, "/v1/logs/"],
        ] as const) {
          const { folder, peer, torrent } = yield* world
          const sent = yield* collector
          const where = command === "download" ? ["--output", folder, "--port", "0"] : []
          const args = [command, torrent, ...where, "--peer", peer, ...alone, ...(json ? ["--json"] : [])]
          const { code, stderr, stdout } = yield* unchoke([...args, "--otlp", sent.url + below])
          assert.strictEqual(code, 0, stderr.join("\n"))
          const run = command === "probe" ? "unchoke.survey" : "unchoke.download"
          const own = sent.spans.filter(({ path }) => path === `${command} > ${run}`)
          assert.lengthOf(own, 1)
          const [announce] = sent.spans.filter(({ path }) => path === `${command} > ${run} > unchoke.announce`)
          assert.match(String(announce?.attributes["tracker"]), /^http:\/\/127\.0\.0\.1:\d+\/announce(?:\?…|\/…)$/)
          assert.isTrue(sent.logs.some((line) => /Warn no peers from .*pass key … has expired/.test(line)))
          assert.isTrue(sent.metrics.has("unchoke_probe_outcomes_total"))
          assert.notInclude(sent.text, passKey)
          // Of the logs nothing is printed.
          assert.notInclude([...stdout, ...stderr].join("\n"), "begins")
          assert.notInclude([...stdout, ...stderr].join("\n"), passKey)
          assert.include([...stdout, ...stderr].join("\n"), "pass key … has expired")
          // What the command was given it was given by a flag.
          if (json) assert.isTrue(stdout.some((line) => line.includes('"source":"--peer","origin":"you"')))
          assert.include([...stdout, ...stderr].join("\n"), "no user …")
        }
      }).pipe(Effect.scoped),
  )

  it.live("tells once of a collector that cannot be reached, and goes on", () =>
    Effect.gen(function* () {
      const { folder, peer, torrent } = yield* world
      const args = ["download", torrent, "--output", folder, "--port", "0", "--peer", peer, ...alone]
      const { code, stderr } = yield* unchoke([...args, "--otlp", "http://127.0.0.1:9/secret"])
      assert.strictEqual(code, 0)
      const told = stderr.filter((line) => line.startsWith("No telemetry"))
      assert.deepStrictEqual(told, ["No telemetry: the collector at 127.0.0.1:9: the server refused the connection."])
    }).pipe(Effect.scoped),
  )

  it.live("does not wait long for one that never answers, and says so, and tells of one that takes nothing", () =>
    Effect.gen(function* () {
      const { folder, peer, torrent } = yield* world
      const tracker = yield* LoopbackTracker.make()
      const args = ["download", torrent, "--output", folder, "--port", "0", "--peer", peer, ...alone, "--otlp"]
      const refused = yield* unchoke([...args, new URL(tracker.announceUrl).origin])
      assert.strictEqual(refused.code, 0)
      assert.match(
        refused.stderr.join("\n"),
        /No telemetry: the collector at [\d.:]+: it answered with HTTP status 404\./,
      )
      const silent = yield* deafServer
      const ended = yield* Effect.timeoutOption(unchoke([...args, silent]), "20 seconds")
      assert.isTrue(Option.isSome(ended) && ended.value.code === 0)
      const told = Option.getOrThrow(ended).stderr.filter((line) => line.startsWith("No telemetry"))
      assert.lengthOf(told, 1)
      assert.match(told[0]!, /^No telemetry: the collector at [\d.:]+: no answer\.$/)
    }).pipe(Effect.scoped),
  )

  it.live("lets Prometheus ask, on this machine alone, as long as it runs", () =>
    Effect.gen(function* () {
      const { folder, peer, torrent } = yield* world
      const onto = recording()
      const args = ["download", torrent, "--output", folder, "--port", "0", "--peer", peer, ...alone]
      const running = yield* Effect.forkChild(unchoke([...args, "--metrics", "0", "--seed"], onto))
      while (!onto.stdout.some((line) => line.startsWith("Done."))) yield* Effect.sleep(20)
      const url = /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(onto.stderr.join("\n"))![0]
      const { body, status } = yield* get(url)
      assert.strictEqual(status, 200)
      assert.match(body, /^unchoke_pieces_total\{verdict="stored"\} \d+$/m)
      assert.match(body, /^unchoke_queue_depth\{torrent="[\da-f]{40}",queue="disk"\} 0$/m)
      assert.notInclude(body, passKey)
      assert.strictEqual((yield* get(url, "elsewhere.example")).status, 403)
      assert.strictEqual((yield* get(url.replace("metrics", ""))).status, 404)
      const taken = new URL(url).port
      const second = ["probe", torrent, "--peer", peer, ...alone, "--metrics", taken]
      const { code, stderr } = yield* unchoke(second)
      assert.strictEqual(code, 0)
      assert.include(stderr.join("\n"), `No metrics: port ${taken} is taken.`)
      yield* Fiber.interrupt(running)
      assert.isTrue((yield* Effect.result(get(url)))._tag === "Failure")
    }).pipe(Effect.scoped),
  )

  it.effect("takes nothing for a collector or a port that is none", () =>
    Effect.gen(function* () {
      for (const flags of [
        ["--otlp", "127.0.0.1:4318"],
        ["--otlp", "ftp://127.0.0.1"],
        ["--metrics", "65536"],
        ["--metrics", "x"],
      ]) {
        const { code, stderr } = yield* unchoke(["download", "none.torrent", ...flags])
        assert.strictEqual(code, 1)
        assert.include(stderr[0], `Invalid value for flag ${flags[0]}`)
      }
    }),
  )
})

/** The C programs, where there is a C compiler: the benchmarks' seeder, receiver and stopwatch, against each other. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FileSystem, Layer } from "effect"
import { spawnSync } from "node:child_process"
import { createServer, createConnection, type AddressInfo } from "node:net"
import { limits } from "../../packages/bench/src/clients/limit.ts"
import { pieceHashes } from "../../packages/bench/src/Content.ts"
import * as LoadGenerator from "../../packages/bench/src/LoadGenerator.ts"
import { Programs } from "../../packages/bench/src/Programs.ts"
import { contentName, KiB, single } from "../../packages/bench/src/Shape.ts"
import type { Mode, Peer } from "../../packages/bench/src/Swarm.ts"
import { timed } from "../../packages/bench/src/Stopwatch.ts"
import { verify } from "../../packages/bench/src/verify.ts"

const compiler = spawnSync("cc", ["--version"]).status === 0

const layer = Layer.provideMerge(Programs.layer, NodeServices.layer)

/** A port that was free a moment ago. */
const freePort = Effect.callback<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

const infoHash = "0123456789abcdef0123456789abcdef01234567"

/** Not a multiple of anything, and longer than the pattern's period: the data wraps around. */
const shape = single(33_600_001, 256 * KiB)

const modes: ReadonlyArray<Mode> = ["good", "choke", "incomplete", "hangup", "reset", "refuse", "blackhole"]

const start = Effect.fnUntraced(function* (info?: string) {
  const port = yield* freePort
  const swarm = modes.map((mode, index): Peer => ({ address: `127.77.0.${index + 1}`, port, mode }))
  const peers = yield* LoadGenerator.start({
    infoHash,
    shape,
    swarms: [swarm],
    quickAcks: false,
    ...(info !== undefined && { info }),
  })
  return { peers, swarm, at: (mode: Mode) => swarm[modes.indexOf(mode)] as Peer }
})

const handshake = Buffer.concat([
  Buffer.from("\u0013BitTorrent protocol\0\0\0\0\0\u0010\0\u0004", "latin1"),
  Buffer.from(infoHash, "hex"),
  Buffer.from("-XX0000-abcdefghijkl"),
])

const interested = Buffer.from([0, 0, 0, 1, 2])

interface Met {
  readonly ids: ReadonlyArray<number>
  readonly payloads: ReadonlyArray<Buffer>
  readonly end: string
}

/** Says the handshake, some messages and "interested"; what messages come, and how it ends. Stays until something ends it, or the wanted message came. */
const meet = ({ address, port }: Peer, until: number, messages: ReadonlyArray<Buffer> = []) =>
  Effect.callback<Met>((resume) => {
    let heard = Buffer.alloc(0)
    const socket = createConnection({ host: address, port })
    const done = (end: string) => {
      const ids: Array<number> = []
      const payloads: Array<Buffer> = []
      for (let at = 68; at + 4 < heard.length; at += 4 + heard.readUInt32BE(at)) {
        ids.push(heard[at + 4] ?? -1)
        payloads.push(heard.subarray(at + 5, at + 4 + heard.readUInt32BE(at)))
      }
      if (end !== "data" || ids.includes(until)) {
        socket.destroy()
        resume(Effect.succeed({ ids, payloads, end }))
      }
    }
    socket.on("connect", () => socket.write(Buffer.concat([handshake, ...messages, interested])))
    socket.on("data", (chunk) => {
      heard = Buffer.concat([heard, chunk])
      done("data")
    })
    socket.on("error", (error) => done("code" in error ? String(error.code) : error.message))
    socket.on("end", () => done("end"))
    return Effect.sync(() => socket.destroy())
  })

describe.skipIf(!compiler)("the load generator", () => {
  it.effect("serves the content that the torrents are made of, and tells when it was asked", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const { at, peers } = yield* start()
      const hashes = `${folder}/hashes`
      yield* fs.writeFile(hashes, pieceHashes(shape))
      const writer = limits.find(({ name }) => name === "limit-write")
      const launch = yield* writer!.download!({
        torrent: "",
        infoHash,
        shape,
        hashes,
        swarm: [at("good")],
        address: at("good").address,
        complete: false,
        output: folder,
        source: "",
        home: folder,
        collector: "",
      })
      const reading = yield* timed(launch, `${folder}/log`, Duration.seconds(60))
      assert.deepStrictEqual([reading.ended, reading.status], ["exit", 0])
      assert.isTrue(yield* verify(`${folder}/${contentName}`, shape))
      const report = yield* peers.report
      const [visit] = report.visits
      assert.strictEqual(report.visits.length, 1)
      assert.isTrue(visit!.accepted <= visit!.greeted && visit!.greeted <= visit!.interested)
      assert.isTrue(
        reading.started < report.firstRequest! && report.firstRequest! / 1e6 < reading.started / 1e6 + reading.wall,
      )
      assert.isAtLeast(visit!.bytes, 33_600_001)
      assert.deepStrictEqual((yield* peers.report).visits, [])
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )

  it.effect("plays every kind of bad peer", () =>
    Effect.gen(function* () {
      const { at } = yield* start()
      const [extended, bitfield, unchoke, haveAll] = [20, 5, 1, 14]
      assert.deepStrictEqual((yield* meet(at("good"), unchoke)).ids, [extended, haveAll, unchoke])
      assert.deepStrictEqual((yield* meet(at("incomplete"), unchoke)).ids, [extended, bitfield, unchoke])
      assert.deepStrictEqual((yield* meet(at("choke"), haveAll)).ids, [extended, haveAll])
      assert.deepStrictEqual(yield* meet(at("hangup"), -1), { ids: [], payloads: [], end: "end" })
      assert.strictEqual((yield* meet(at("reset"), -1)).end, "ECONNRESET")
      assert.strictEqual((yield* meet(at("refuse"), -1)).end, "ECONNREFUSED")
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )
})

describe.skipIf(!compiler)("a peer of the load generator", () => {
  it.effect("says what the torrent is, a part for each question, and then gives it", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const info = Buffer.alloc(20_000, "what the torrent is ")
      const file = `${yield* fs.makeTempDirectoryScoped()}/info`
      yield* fs.writeFile(file, info)
      const { at } = yield* start(file)
      const asked = [0, 1].map((piece) => `\u0001d8:msg_typei0e5:piecei${piece}ee`)
      const messages = ["\0d1:md11:ut_metadatai3eee", ...asked].map((text) => {
        const payload = Buffer.from(`\u0014${text}`, "latin1")
        const head = Buffer.alloc(4)
        head.writeUInt32BE(payload.length)
        return Buffer.concat([head, payload])
      })
      const heard = yield* meet(at("good"), 1, messages)
      const [greeting, ...parts] = heard.payloads.filter((_, index) => heard.ids[index] === 20)
      assert.include(greeting!.toString("latin1"), "13:metadata_sizei20000e")
      const said = [0, 1].map((piece) => {
        const head = Buffer.from(`\u0003d8:msg_typei1e5:piecei${piece}e10:total_sizei20000ee`, "latin1")
        return Buffer.concat([head, info.subarray(piece * 16_384, (piece + 1) * 16_384)])
      })
      assert.deepStrictEqual(parts, said)
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )
})

describe.skipIf(!compiler)("the stopwatch", () => {
  const time = (command: string, { marker, patience = 60_000 }: { marker?: string; patience?: number } = {}) =>
    timed(
      { command: "sh", args: ["-c", command], ...(marker === undefined ? {} : { marker }) },
      "/dev/null",
      Duration.millis(patience),
    )

  it.effect("tells how a program ended", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* time("exit 3"), { ended: "exit", status: 3 })
      assert.deepInclude(yield* time("sleep 60", { patience: 50 }), { ended: "timeout" })
      const fs = yield* FileSystem.FileSystem
      const marker = `${yield* fs.makeTempDirectoryScoped()}/done`
      assert.deepInclude(yield* time(`touch "${marker}"; sleep 60`, { marker }), { ended: "marker" })
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )

  it.effect("counts the memory of the program, not of who started it", () =>
    Effect.gen(function* () {
      const { peak } = yield* time("true")
      assert.isBelow(peak, 16 * 1024 * KiB)
    }).pipe(Effect.provide(layer)),
  )
})

/** Nothing is left behind: not after ten thousand probes, not after a hundred downloads that were interrupted. */
import { assert, describe, it } from "@effect/vitest"
import { NodeDialer, NodePieceStore } from "@unchoke/node"
import { Content, LoopbackSwarm, Script } from "@unchoke/testkit"
import { Duration, Effect, Layer, Random, Stream } from "effect"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Deadlines, Tracker } from "@unchoke/engine"
import { download, probeLink, Self } from "@unchoke/engine/internal"
import { inUse, mib } from "./inUse.ts"

const content = Content.make({ files: 40 * 65_536, pieceLength: 65_536 })

/** Every way in which a probe can end, on real sockets. */
const scripts = [
  Script.good,
  Script.lazyBitfield(1, 2),
  Script.refuse,
  Script.hangUp,
  Script.reset,
  Script.silent,
  Script.hangUpOnHandshake,
  Script.notBitTorrent,
  Script.wrongHash,
  Script.incomplete(7),
  Script.badBitfield,
  Script.tooLong,
  Script.neverUnchoke,
]

const impatient: Deadlines.Deadlines = {
  ...Deadlines.race,
  handshake: Duration.millis(500),
  bitfield: Duration.millis(500),
  lazyHave: Duration.millis(100),
  unchoke: Duration.millis(100),
}

const world = Layer.mergeAll(NodeDialer.layer, NodePieceStore.layer, Layer.mock(Tracker, {}))

describe("after all is over nothing is left", () => {
  it.live(
    "of ten thousand probes",
    () =>
      Effect.gen(function* () {
        const self = yield* Self.make
        const swarm = yield* LoopbackSwarm.start(
          content,
          scripts.map((script) => ({ script })),
        )
        const probes = (count: number) =>
          Effect.forEach(
            Array.from({ length: count }, (_, i) => swarm.addresses[i % swarm.addresses.length]!),
            (peer) =>
              probeLink(peer, {
                torrent: content.torrent,
                self,
                deadlines: impatient,
                hurried: Effect.never,
                overdue: Effect.void,
                pace: Effect.void,
                connected: Effect.void,
                parked: () => Effect.void,
              }).pipe(Effect.scoped, Effect.ignore),
            { concurrency: 50, discard: true },
          )
        yield* probes(4000)
        const before = yield* inUse
        yield* probes(10_000)
        const after = yield* inUse
        assert.strictEqual(swarm.open(), 0)
        assert.strictEqual(after.sockets, before.sockets)
        assert.isAtMost(after.timers, before.timers)
        assert.isAtMost(after.files, before.files)
        assert.isBelow(after.heapUsed - before.heapUsed, 8 * mib)
        assert.isBelow(after.external - before.external, 8 * mib)
        assert.isBelow(after.rss - before.rss, 192 * mib)
      }).pipe(Effect.scoped, Effect.provide(world)),
    120_000,
  )

  it.live(
    "of a hundred interrupted downloads, and the last one resumes",
    () =>
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.promise(() => mkdtemp(join(tmpdir(), "unchoke-leaks-"))),
          (folder) => Effect.promise(() => rm(folder, { recursive: true })),
        )
        const swarm = yield* LoopbackSwarm.start(content, [{ script: Script.good }, { script: Script.neverUnchoke }])
        const run = Stream.runDrain(download(content.torrent, { folder, peers: swarm.addresses, trackers: false }))
        const interrupted = Effect.flatMap(Random.nextIntBetween(0, 25), (ms) => Effect.timeoutOption(run, ms))
        yield* Effect.repeat(interrupted, { times: 60 })
        const before = yield* inUse
        for (let i = 0; i < 90; i++) {
          for (const name of i % 10 === 0 ? ["content.bin", "content.bin.part"] : []) {
            yield* Effect.promise(() => rm(join(folder, name), { force: true }))
          }
          yield* interrupted
        }
        const after = yield* inUse
        assert.strictEqual(swarm.open(), 0)
        assert.strictEqual(after.sockets, before.sockets)
        assert.strictEqual(after.workers, before.workers)
        assert.isAtMost(after.files, before.files)
        assert.strictEqual(after.ports, before.ports)
        assert.isAtMost(after.timers, before.timers)
        assert.isBelow(after.heapUsed - before.heapUsed, 8 * mib)
        assert.isBelow(after.external - before.external, 8 * mib)
        assert.isBelow(after.rss - before.rss, 192 * mib)
        yield* run
        assert.deepStrictEqual(
          new Uint8Array(yield* Effect.promise(() => readFile(join(folder, "content.bin")))),
          content.data,
        )
      }).pipe(Effect.scoped, Effect.provide(world)),
    120_000,
  )
})

/**
 * `kill -9` at random moments, again and again, over a whole download: every run resumes, no piece that is on the disk is fetched again, and next to none is
 * hashed again.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Script } from "@unchoke/testkit"
import { Content, LoopbackSwarm } from "@unchoke/testkit"
import { Deferred, Effect, Random, Stream } from "effect"
import { NetAddress } from "effect/net"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PieceStore } from "@unchoke/engine"
import * as HashedPieces from "./HashedPieces.ts"

const content = Content.make({ files: 600 * 65_536 - 1000, pieceLength: 65_536 })

/** A seeder that pauses after each MiB, so that a kill lands in the middle. */
const unhurried: Script.Script = {
  _tag: "Accept",
  steps: [
    { _tag: "AwaitHandshake" },
    { _tag: "Handshake", kind: "right" },
    { _tag: "HaveAll" },
    { _tag: "AwaitInterested" },
    { _tag: "Unchoke" },
    ...Array.from({ length: 60 }, (): ReadonlyArray<Script.Step> => [
      { _tag: "Serve", blocks: 64 },
      { _tag: "Wait", ms: 60 },
    ]).flat(),
  ],
}

const command = join(import.meta.dirname, "../../packages/cli/src/main.ts")

/** Runs the command until the moment comes; then kills it. Its exit code, or "killed". */
const runUntil = (moment: Effect.Effect<void>, ...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const child = spawn(process.execPath, ["--conditions=source", command, ...args], { stdio: "ignore" })
    const ended = yield* Deferred.make<number | "killed">()
    child.once("exit", (code) => Deferred.doneUnsafe(ended, Effect.succeed(code ?? "killed")))
    yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
    yield* Effect.raceFirst(moment, Deferred.await(ended))
    child.kill("SIGKILL")
    return yield* Deferred.await(ended)
  }).pipe(Effect.scoped)

/** The pieces that are on the disk, byte for byte. */
const onDisk = (file: string) =>
  Effect.promise(async () => {
    const bytes = await readFile(file).catch(() => readFile(`${file}.part`).catch(() => Buffer.alloc(0)))
    const { pieceLength, pieces } = content.torrent.geometry
    return Array.from({ length: pieces }, (_, piece) => piece).filter((piece) => {
      const wanted = Content.piece(content, piece)
      return (
        wanted.length > 0 && bytes.subarray(piece * pieceLength, piece * pieceLength + wanted.length).equals(wanted)
      )
    })
  })

/** What the next download will find, and which pieces it hashes for that. */
const resume = Effect.fnUntraced(function* (folder: string) {
  const { hashed, layer } = HashedPieces.make()
  const checked = yield* Effect.flatMap(PieceStore, ({ open }) => open(content.torrent, folder)).pipe(
    Effect.flatMap((stored) => Stream.runCollect(stored.resume)),
    Effect.scoped,
    Effect.provide(layer),
  )
  return { present: checked.filter(({ present }) => present).map(({ piece }) => piece), hashed }
})

describe("a download that is killed again and again", () => {
  it.live(
    "resumes each time, fetches nothing that is there, hashes next to nothing of it, and comes out right",
    () =>
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.promise(() => mkdtemp(join(tmpdir(), "unchoke-crash-"))),
          (folder) => Effect.promise(() => rm(folder, { recursive: true })),
        )
        const torrent = join(folder, "content.torrent")
        const file = join(folder, "content.bin")
        yield* Effect.promise(() => writeFile(torrent, content.bytes))
        const swarm = yield* LoopbackSwarm.start(content, [{ script: unhurried }])
        const peer = NetAddress.formatInet(swarm.addresses[0]!)
        const download = (moment: Effect.Effect<void>) =>
          runUntil(moment, "download", torrent, "--output", folder, "--peer", peer, "--no-tracker", "--quiet")
        /** Some time after the next block was sent. */
        const midst = Effect.gen(function* () {
          const served = swarm.served.length
          yield* Effect.sleep(5).pipe(Effect.repeat({ while: () => swarm.served.length === served }))
          yield* Effect.sleep(yield* Random.nextIntBetween(0, 500))
        })

        let midway = 0
        let found = 0
        let hashed = 0
        let there = new Set<number>()
        for (let run = 0, outcome: number | "killed" = "killed"; outcome === "killed"; run++) {
          assert.isBelow(run, 100, "it makes no headway")
          const served = swarm.served.length
          outcome = yield* download(midst)
          const again = swarm.served.slice(served).filter(({ piece }) => there.has(piece))
          assert.deepStrictEqual(again, [])
          there = new Set(yield* onDisk(file))
          const isWhole = there.size === content.torrent.geometry.pieces
          assert.isTrue(isWhole || !existsSync(file), "it has its name before it is complete")
          if (outcome === "killed") {
            const next = yield* resume(folder)
            assert.deepStrictEqual(next.present, [...there])
            found += there.size
            hashed += next.hashed.length
          }
          if (outcome === "killed" && there.size > 0 && there.size < content.torrent.geometry.pieces) midway++
          else if (outcome !== "killed") assert.strictEqual(outcome, 0)
        }
        assert.isAbove(midway, 0, "no kill landed in the middle")
        assert.isBelow(hashed, found / 2)
        assert.deepStrictEqual(new Uint8Array(yield* Effect.promise(() => readFile(file))), content.data)
      }).pipe(Effect.scoped),
    180_000,
  )
})

/** A process that may not open another file or socket, from the start or from the middle of a download on. */
import { assert, describe, it } from "@effect/vitest"
import { Content, LoopbackSwarm, Script } from "@unchoke/testkit"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { join } from "node:path"
import * as Attempt from "./attempt.ts"
import { run, start, temporary, type Within } from "./download.ts"
import * as Seeder from "./seeder.ts"

/** More files than we keep open. */
const files = Array.from({ length: 300 }, (_, index) => ({ path: [`${index % 7}`, `${index}`], length: 20_000 }))
const pieceLength = 32_768
const album = Content.make({ name: "album", files, pieceLength })

const written = (folder: string) => Buffer.concat(files.map(({ path }) => readFileSync(join(folder, "album", ...path))))

/** Sets how many descriptors a process may have; what it has it keeps. */
const limit = (pid: number, most: number) => {
  const { error, status, stderr } = spawnSync("prlimit", ["--pid", `${pid}`, `--nofile=${most}:`], { encoding: "utf8" })
  assert.strictEqual(status, 0, error?.message ?? stderr)
}

/** The highest descriptor that is none of the download's files. */
const highest = (pid: number, folder: string) => {
  const fds = readdirSync(`/proc/${pid}/fd`).map(Number)
  return Math.max(...fds.filter((fd) => !readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith(folder)))
}

const atMost =
  (most: number): Within =>
  (command) => ["sh", "-c", `ulimit -n ${most} && exec "$@"`, "sh", ...command]

const here = process.platform === "linux" && spawnSync("prlimit", ["--version"]).status === 0
const name = "too many open files"

;(here ? describe : describe.skip)(here ? name : `${name} (no prlimit here)`, () => {
  it.effect("none left from the middle on: an error that names a file, and the same command goes on", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const { goOn, peers } = yield* Seeder.start(album, 20 * 2)
      const download = yield* start(album, { folder, peers })
      yield* download.untilStored(20)
      limit(download.pid, 3)
      yield* goOn
      const { code, stderr } = yield* download.ended
      assert.strictEqual(code, 5, stderr)
      assert.match(
        stderr,
        /Cannot (?:open|create) \S+album\/\d\/\d+: too many open files\. Raise the limit \(`ulimit -n`\) and run/,
      )

      const rest = yield* Seeder.start(album)
      const last = yield* Attempt.run(album, { folder, peers: rest.peers })
      assert.strictEqual(last.code, 0, last.says)
      assert.strictEqual(rest.sent().size, album.torrent.geometry.pieces - download.stored.size)
      assert.isFalse([...rest.sent()].some((piece) => download.stored.has(piece)))
      assert.isTrue(written(folder).equals(album.data))
    }),
  )

  it.effect("no more than it has from the middle on: its own files make room for each other", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const { goOn, peers } = yield* Seeder.start(album, 20 * 2)
      const download = yield* start(album, { folder, peers })
      yield* download.untilStored(20)
      limit(download.pid, highest(download.pid, folder) + 4)
      yield* goOn
      const { code, stderr } = yield* download.ended
      assert.strictEqual(code, 0, stderr)
      assert.isTrue(written(folder).equals(album.data))
    }),
  )

  it.effect("few from the start, with fewer peers than that: files and sockets get along", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const { peers } = yield* swarmOf(8)
      const flags = ["--strategy", "race", "--links", "4", "--handshake-timeout", "1s"]
      const options = { folder, peers, within: atMost(48), flags }
      const { code, stderr } = yield* run(album, options)
      assert.strictEqual(code, 0, stderr)
      assert.isTrue(written(folder).equals(album.data))
    }),
  )

  it.effect("few from the start, with more peers than that: each has its turn", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const { peers } = yield* swarmOf(60)
      const options = { folder, peers, within: atMost(48), flags: ["--handshake-timeout", "500ms"] }
      const { code, stderr } = yield* run(album, options)
      assert.strictEqual(code, 0, stderr)
      assert.isTrue(written(folder).equals(album.data))
    }),
  )
})

/** So many peers that say nothing, and behind them one that serves. */
const swarmOf = (silent: number) => {
  const members = Array.from({ length: silent }, () => ({ script: Script.silent }))
  return Effect.map(LoopbackSwarm.start(album, [...members, { script: Script.good }]), ({ addresses }) => ({
    peers: addresses,
  }))
}

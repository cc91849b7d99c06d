/** The disk's thread ends with its scope, answers everything even when it dies, and runs from one bundled file. */
import { assert, describe, it } from "@effect/vitest"
import { NodePieceStore } from "@unchoke/node"
import { Effect, Exit, Scope } from "effect"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import type { Worker } from "node:worker_threads"
import { build } from "rolldown"
import { PieceStore } from "@unchoke/engine"
import type { Disk, Reply, Request } from "../../packages/node/src/Disk.ts"
import { handingOver } from "../../packages/node/src/bestDisk.ts"
import * as WorkerDisk from "../../packages/node/src/WorkerDisk.ts"
import { make } from "../compliance/TorrentOf.ts"
import { layoutFor } from "./layoutFor.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-worker-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
)

const layoutIn = (folder: string) => layoutFor(folder, [["file", 100]], { hashes: new Uint8Array(20) })

const trim: Request = { kind: "trim", files: [0] }

const ask = (disk: Disk, request: Request) =>
  Effect.callback<Reply>((resume) => disk.submit(request, (reply) => resume(Effect.succeed(reply))))

/** How many of the threads that were started since are running. */
const watchThreads = Effect.acquireRelease(
  Effect.sync(() => {
    const running = new Set<Worker>()
    const started = (worker: Worker) => {
      running.add(worker)
      worker.once("exit", () => running.delete(worker))
    }
    process.on("worker", started)
    return { running: () => running.size, started }
  }),
  ({ started }) => Effect.sync(() => process.off("worker", started)),
)

describe("WorkerDisk", () => {
  it.live("does what it is asked, and then ends with the scope", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const { running } = yield* watchThreads
      Fs.writeFileSync(Path.join(folder, "file"), new Uint8Array(101))
      const scope = yield* Scope.make()
      const disk = yield* Scope.provide(WorkerDisk.make(layoutIn(folder)), scope)
      assert.deepStrictEqual(yield* ask(disk, trim), [true])
      assert.strictEqual(running(), 1)
      let last: Reply | undefined
      disk.submit(trim, (reply) => (last = reply))
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(last, [true], "what was asked before the end is still done")
      assert.strictEqual(running(), 0)
      assert.include((yield* ask(disk, trim))[0], { code: "EWORKER", path: folder })
    }),
  )

  it.live(
    "one that rests answers after its end too, and leaves nothing to another disk, which would write beside it",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporary
        Fs.writeFileSync(Path.join(folder, "file"), new Uint8Array(101))
        const scope = yield* Scope.make()
        const resting = yield* WorkerDisk.makeResting(layoutIn(folder)).pipe(Scope.provide(scope))
        let inline = 0
        const first = { submit: () => void inline++, release: () => Promise.resolve() }
        const disk = handingOver(first, resting)
        while (!resting.ready()) yield* Effect.sleep(5)
        assert.deepStrictEqual(yield* ask(disk, trim), [true])
        yield* Scope.close(scope, Exit.void)
        assert.include((yield* ask(disk, trim))[0], { code: "EWORKER", path: folder })
        assert.strictEqual(inline, 0)
      }),
  )

  it.live.each([
    ["throws", `require("node:worker_threads").parentPort.on("message", () => { throw new Error("no more") })`],
    ["leaves", `require("node:worker_threads").parentPort.on("message", () => process.exit(3))`],
    ["cannot start", `this is no program`],
  ])("a thread that %s fails what it was asked, and what it is asked later", ([, source]) =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const disk = yield* WorkerDisk.make(layoutIn(folder), source)
      const replies = yield* Effect.all([ask(disk, trim), ask(disk, trim)], { concurrency: 2 })
      for (const reply of [...replies, yield* ask(disk, trim)]) {
        assert.include(reply[0], { code: "EWORKER", path: folder })
      }
    }),
  )

  it.live("a dead thread is a storage error for whoever writes or looks", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const { data, torrent } = make({ pieceLength: 50, files: [{ length: 120, padding: false, folder: 0 }] })
      Fs.mkdirSync(Path.join(folder, "torrent"))
      const store = yield* PieceStore
      const stored = yield* store.open(torrent, folder)
      const buffer = stored.lend()!
      buffer.set(data.subarray(0, 50))
      const error = yield* Effect.flip(stored.write(0, buffer))
      assert.strictEqual(error._tag, "StorageError")
      assert.strictEqual(error.path, folder)
      assert.strictEqual((yield* Effect.flip(stored.prepare)).reason, "other")
    }).pipe(Effect.provide(NodePieceStore.layerOn((layout) => WorkerDisk.make(layout, "process.exit(1)")))),
  )

  it.live.each([false, true])("works in a program that is one minified file, names kept: %s", (keepNames) =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const source = (name: string) => fileURLToPath(new URL(`../../packages/node/src/${name}`, import.meta.url))
      const entry = Path.join(folder, "entry.mjs")
      Fs.writeFileSync(
        entry,
        `import { Effect } from ${JSON.stringify(fileURLToPath(import.meta.resolve("effect")))}
         import * as WorkerDisk from ${JSON.stringify(source("WorkerDisk.ts"))}
         const layout = { folder: ${JSON.stringify(folder)}, separator: "/", paths: "file", lengths: Float64Array.of(100),
           partNames: new Map(), safePaths: new Map(), places: new SharedArrayBuffer(1), missing: new SharedArrayBuffer(5),
           hashes: new Uint8Array(20), buffers: new SharedArrayBuffer(100), record: ${JSON.stringify(Path.join(folder, ".record"))},
           stamps: new SharedArrayBuffer(48) }
         const request = { kind: "trim", files: [0] }
         Effect.runPromise(Effect.scoped(Effect.flatMap(WorkerDisk.make(layout), (disk) =>
           Effect.callback((resume) => disk.submit(request, (reply) => resume(Effect.sync(() => console.log(JSON.stringify(reply)))))))))`,
      )
      const file = Path.join(folder, "bundle.mjs")
      Fs.writeFileSync(Path.join(folder, "file"), new Uint8Array(101))
      yield* Effect.promise(() =>
        build({
          input: entry,
          platform: "node",
          output: { file, minify: true, keepNames, codeSplitting: false },
          logLevel: "silent",
        }),
      )
      assert.strictEqual(execFileSync(process.execPath, [file], { encoding: "utf8" }).trim(), "[true]")
      assert.strictEqual(Fs.statSync(Path.join(folder, "file")).size, 100)
    }),
  )
})

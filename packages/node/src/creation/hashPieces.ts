/**
 * All pieces of a new torrent, hashed by as many threads as there are to be.
 *
 * Small content is hashed here; and so is the beginning of more, until the threads have started (some 30 ms). Invariants: whichever thread fails, or when this is interrupted, all stop within a
 * chunk, and none is left when this has ended.
 */
import { Effect, Latch, type Scope } from "effect"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import { Worker } from "node:worker_threads"
import type { StorageError } from "unchoke"
import type { Fault } from "../Disk.ts"
import { toStorageError } from "../StorageFault.ts"
import { type HashPlan, pieceHasher } from "./pieceHasher.ts"

/** So many bytes are hashed in the time that threads take to start. */
const inlineLength = 32 << 20

/** Bytes that are hashed between two looks at anything else, and between two that are told. */
const batchLength = 4 << 20

export const batchOf = (pieceLength: number): number => Math.max(1, Math.floor(batchLength / pieceLength))

/** `hashed` is told of how many pieces are done, as often as it has time to listen. */
export const hashPieces = Effect.fnUntraced(function* (
  plan: HashPlan,
  threads: number,
  hashed: (pieces: number) => Effect.Effect<void>,
): Effect.fn.Return<void, StorageError, Scope.Scope> {
  const state = new Int32Array(plan.state)
  const progress = yield* Latch.make(false)
  yield* progress.await.pipe(
    Effect.andThen(Effect.sync(() => progress.closeUnsafe())),
    Effect.andThen(Effect.suspend(() => hashed(Atomics.load(state, 1)))),
    Effect.forever,
    Effect.forkScoped,
  )
  const tell = () => void progress.openUnsafe()
  const batches = Math.ceil(plan.length / plan.pieceLength / plan.batch)
  const count = plan.length <= inlineLength ? 0 : Math.min(threads, batches)
  let waiting = count
  const workers = Array.from({ length: count }, () => inWorker(plan, () => void waiting--, tell))
  const here = inline(plan, () => count > 0 && waiting <= 0, tell)
  yield* Effect.all([here, ...workers], { concurrency: "unbounded", discard: true }).pipe(
    Effect.ensuring(Effect.sync(() => Atomics.store(state, 2, 1))),
  )
})

/** A batch after the other, until others are there to do it. */
const inline = (plan: HashPlan, isRelieved: () => boolean, tell: () => void): Effect.Effect<void, StorageError> =>
  Effect.acquireUseRelease(
    Effect.sync(() => pieceHasher(Fs, Crypto, plan)),
    (hasher) =>
      Effect.gen(function* () {
        for (let more = true; more && !isRelieved();) {
          more = yield* Effect.try({
            try: () => hasher.next(),
            catch: (error) => toStorageError(error as Error & Fault),
          })
          tell()
          yield* breathe
        }
      }),
    (hasher) => Effect.sync(() => hasher.close()),
  )

/** Lets everything else have its turn: threads that say that they are there, signals, the screen. */
const breathe = Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))

type News = "ready" | "batch" | "done" | Fault

const inWorker = (plan: HashPlan, ready: () => void, tell: () => void): Effect.Effect<void, StorageError> =>
  Effect.callback((resume) => {
    const worker = new Worker(workerSource, { eval: true, workerData: plan, execArgv: [], name: "unchoke hasher" })
    const fail = (fault: Fault) => resume(Effect.fail(toStorageError(fault)))
    const died = (why: string): Fault => ({
      operation: "read",
      path: plan.places.split("\0", 1)[0]!,
      code: "EWORKER",
      message: `a thread that hashes: ${why}`,
    })
    worker.on("message", (news: News) => {
      if (news === "ready") ready()
      else if (news === "batch") tell()
      else if (news === "done") resume(Effect.void)
      else fail(news)
    })
    worker.on("error", (error) => fail(died(String(error))))
    worker.on("exit", () => fail(died("it has ended")))
    return Effect.promise(() => {
      Atomics.store(new Int32Array(plan.state), 2, 1)
      return worker.terminate()
    })
  })

/** Runs in the worker. */
const serve = (hasherOf: typeof pieceHasher): void => {
  const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads")
  const say = (news: News): void => parentPort!.postMessage(news)
  const hasher = hasherOf(process.getBuiltinModule("node:fs"), process.getBuiltinModule("node:crypto"), workerData)
  say("ready")
  try {
    while (hasher.next()) say("batch")
    hasher.close()
    say("done")
  } catch (error) {
    const { code, message, operation, path } = error as Error & Fault
    say({ operation, path, code, message })
  }
}

/** As text, for the reasons that `WorkerDisk` gives. */
const workerSource = `(${serve})(${pieceHasher})`

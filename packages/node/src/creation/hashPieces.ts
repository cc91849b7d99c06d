/**
 * All pieces of a new torrent, hashed by as many threads as there are to be.
 *
 * This thread is one of them, unless it is the only one; it hashes what is small by itself, and leaves it to the others where the disk is what one waits for. Invariants: whichever thread fails,
 * or when this is interrupted, all stop within a chunk, and none is left when this has ended.
 */
import { Effect, Latch, type Scope } from "effect"
import * as Crypto from "node:crypto"
import type * as Fs from "node:fs"
import { Worker } from "node:worker_threads"
import type { StorageError } from "@unchoke/engine"
import type { Fault } from "../Disk.ts"
import { toStorageError } from "../StorageFault.ts"
import { workerProgram } from "../workerProgram.ts"
import { type HashPlan, pieceHasher } from "./pieceHasher.ts"

/** So many bytes are hashed in the time that threads take to start. */
const inlineLength = 32 << 20

/** Bytes that are hashed between two looks at anything else, and between two that are told. */
const batchLength = 16 << 20

export const batchOf = (pieceLength: number): number => Math.max(1, Math.floor(batchLength / pieceLength))

/** `hashed` is told of how many pieces are done, as often as it has time to listen. */
export const hashPieces = Effect.fnUntraced(function* (
  fs: typeof Fs,
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
  const others = plan.length <= inlineLength ? 0 : Math.min(Math.max(1, threads - 1), batches)
  /** Whether others do it all. */
  let relieved = false
  const ready = () => (relieved ||= threads === 1)
  const slow = () => (relieved = others > 0)
  const workers = Array.from({ length: others }, () => inWorker(plan, ready, tell))
  const here = inline(fs, plan, () => relieved, slow, tell)
  yield* Effect.all([here, ...workers], { concurrency: "unbounded", discard: true }).pipe(
    Effect.ensuring(Effect.sync(() => Atomics.store(state, 2, 1))),
  )
})

/**
 * In milliseconds. A disk that takes longer for a batch is not to be waited for by the thread that everything else is done by. No less: on a machine that has much else to do, a batch takes
 * as long although the disk is quick.
 */
const slowBatch = 1000

/** A batch after the other, until others do it. */
const inline = (
  fs: typeof Fs,
  plan: HashPlan,
  isRelieved: () => boolean,
  slow: () => void,
  tell: () => void,
): Effect.Effect<void, StorageError> =>
  Effect.acquireUseRelease(
    Effect.sync(() => pieceHasher(fs, Crypto, plan)),
    (hasher) =>
      Effect.gen(function* () {
        for (let more = true; more && !isRelieved();) {
          const began = performance.now()
          more = yield* Effect.try({
            try: () => hasher.next(),
            catch: (error) => toStorageError(error as Error & Fault),
          })
          if (performance.now() - began > slowBatch) slow()
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

const workerSource = workerProgram(serve, String(pieceHasher))

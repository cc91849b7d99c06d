/**
 * A disk in a thread of its own: hashing and writing take nothing from the thread that receives.
 *
 * Invariants: every request is answered, if need be with the news that the thread has died; the thread ends with the scope, its files closed.
 */
import { Effect, type Scope } from "effect"
import { Worker } from "node:worker_threads"
import type { Disk, Fault, Layout, Reply, Request } from "./Disk.ts"
import { diskFiles, type Parts } from "./diskFiles.ts"
import { parts } from "./diskParts.ts"
import { pieceHashes } from "./pieceHashes.ts"
import { pieceJobs } from "./pieceJobs.ts"
import { pieceJournal } from "./pieceJournal.ts"
import { workerProgram } from "./workerProgram.ts"

/** Starting takes some 30 ms; `ready` says when the first request would be answered at once. */
export interface WorkerDisk extends Disk {
  readonly ready: () => boolean
}

export const make = (layout: Layout, source: string = workerSource): Effect.Effect<WorkerDisk, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Thread(layout, source)),
      (thread) => thread.end,
    ),
    (thread) => ({ submit: thread.submit, ready: () => thread.ready }),
  )

/** After so many milliseconds without a request the thread is let go: a seed of which nothing is written or looked at needs none. */
const restAfter = 10_000

/**
 * The same, which has a thread only while there is work for it: `ready` is asked before each request, and starts one; what is submitted before it has started waits for that. Who writes keeps it until `retire`: what the system has to say of a file that
 * is open for writing is for who writes next.
 */
export const makeResting = (
  layout: Layout,
  rest: number = restAfter,
): Effect.Effect<WorkerDisk & { readonly retire: () => void }, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Resting(layout, rest)),
      (resting) => resting.end,
    ),
    (resting) => ({ submit: resting.submit, ready: resting.ready, retire: resting.retire }),
  )

/** Of these nothing is left open for writing. */
const looks: ReadonlySet<Request["kind"]> = new Set(["check", "inspect", "hollow"])

class Resting {
  readonly #layout: Layout
  readonly #rest: number
  #thread: Thread | undefined
  /** Those that are closing their files. */
  readonly #leaving = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #due = 0
  #writes = false
  #ended = false

  constructor(layout: Layout, rest: number) {
    this.#layout = layout
    this.#rest = rest
  }

  /** Somebody is about to ask. Who has ended answers for good: another disk must not write while a thread may still do so. */
  readonly ready = (): boolean => {
    if (this.#ended) return true
    if (this.#leaving.size === 0) this.#thread ??= new Thread(this.#layout, workerSource)
    this.#wait()
    return this.#thread?.ready === true
  }

  readonly submit = (request: Request, done: (reply: Reply) => void): void => {
    if (this.#ended) return done([fault(this.#layout, wasClosed)])
    // Its files are to be closed before another one opens them.
    if (this.#leaving.size > 0) return void Promise.all(this.#leaving).then(() => this.submit(request, done))
    this.#thread ??= new Thread(this.#layout, workerSource)
    this.#due++
    if (!looks.has(request.kind)) this.#writes = true
    this.#thread.submit(request, (reply) => {
      this.#due--
      this.#wait()
      done(reply)
    })
  }

  readonly retire = (): void => {
    this.#writes = false
    this.#wait()
  }

  readonly end: Effect.Effect<void> = Effect.suspend(() => {
    this.#ended = true
    clearTimeout(this.#timer)
    this.#leave()
    return Effect.promise(() => Promise.all(this.#leaving)).pipe(Effect.asVoid)
  })

  #wait(): void {
    if (this.#timer === undefined) this.#timer = setTimeout(this.#restIfIdle, this.#rest).unref()
    else this.#timer.refresh()
  }

  readonly #restIfIdle = (): void => {
    if (this.#due === 0 && !this.#writes) this.#leave()
  }

  #leave(): void {
    if (this.#thread === undefined) return
    const left = Effect.runPromise(this.#thread.end)
    this.#thread = undefined
    this.#leaving.add(left)
    void left.then(() => this.#leaving.delete(left))
  }
}

class Thread {
  ready = false
  readonly #worker: Worker
  readonly #layout: Layout
  readonly #waiting: Array<(reply: Reply) => void> = []
  #dead: string | undefined

  constructor(layout: Layout, source: string) {
    this.#layout = layout
    // The options keep out what a program gave its main thread (loaders, inspectors) and what a worker does not need.
    this.#worker = new Worker(source, { eval: true, workerData: layout, execArgv: [], name: "unchoke disk" })
    this.#worker.once("message", () => {
      this.ready = true
      this.#worker.on("message", (reply: Reply) => this.#waiting.shift()?.(reply))
    })
    this.#worker.on("error", (error) => this.#die(String(error)))
    this.#worker.on("exit", () => this.#die("it has ended"))
  }

  readonly submit = (request: Request, done: (reply: Reply) => void): void => {
    if (this.#dead !== undefined) return done([fault(this.#layout, this.#dead)])
    this.#waiting.push(done)
    this.#worker.postMessage(request)
  }

  /** What it was asked before is still done. `null` says so: Deno makes that of `undefined` on the way. */
  readonly end: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.#worker.threadId === -1) return resume(Effect.void)
    this.#worker.once("exit", () => resume(Effect.void))
    this.#worker.postMessage(null)
    this.#dead ??= wasClosed
  })

  #die(why: string): void {
    this.#dead ??= why
    for (const done of this.#waiting.splice(0)) done([fault(this.#layout, this.#dead)])
  }
}

const fault = ({ folder }: Layout, why: string): Fault => ({
  operation: "write",
  path: folder,
  code: "EWORKER",
  message: `the disk's thread: ${why}`,
})

const wasClosed = "it was closed"

/** Runs in the worker. */
const serve = (
  parts: Parts,
  filesOf: typeof diskFiles,
  hashesOf: typeof pieceHashes,
  journalOf: typeof pieceJournal,
  jobs: typeof pieceJobs,
): void => {
  const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads")
  const fs = process.getBuiltinModule("node:fs")
  const crypto = process.getBuiltinModule("node:crypto")
  const nobody = new Int32Array(new SharedArrayBuffer(4))
  const pause = () => void Atomics.wait(nobody, 0, 0, 20)
  const window = { bytes: new Uint8Array(0), of: undefined, file: -1, start: 0, end: 0 }
  const files = filesOf(fs, workerData, parts, window, pause)
  const hashes = hashesOf(crypto, workerData.hashes)
  const { close, run } = jobs(crypto, workerData, hashes, files, journalOf(fs, crypto, workerData))
  parentPort!.on("message", async (request: Request | null) => {
    if (request !== null) return parentPort!.postMessage(await run(request))
    await close()
    // Deno's port cannot be closed.
    if ("close" in parentPort!) parentPort.close()
    else process.exit()
  })
  parentPort!.postMessage("ready")
}

const partsAsText = `{ ${Object.entries(parts)
  .map(([name, part]) => `${name}: ${part}`)
  .join(", ")} }`

const workerSource = workerProgram(
  serve,
  partsAsText,
  ...[diskFiles, pieceHashes, pieceJournal, pieceJobs].map((part) => String(part)),
)

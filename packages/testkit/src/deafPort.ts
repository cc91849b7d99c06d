/** An address that answers nothing, as one behind a firewall: not even a refusal. */
import { Effect, type Scope } from "effect"
import { once } from "node:events"
import * as Net from "node:net"
import { setTimeout } from "node:timers/promises"
import { Worker } from "node:worker_threads"

/** More than the kernel's queue holds for a listener with a backlog of 1. */
const queued = 8

/**
 * A port whose connection attempts are never answered: the thread that listens sleeps, so the kernel's queue of connections fills up, and what comes then gets no answer.
 * Where the kernel answers a full queue with a reset (Windows), so does this.
 */
export const deafPort = Effect.fnUntraced(function* (
  host: string,
  wanted: number,
): Effect.fn.Return<number, never, Scope.Scope> {
  const worker = yield* Effect.acquireRelease(
    Effect.sync(() => new Worker(listener, { eval: true, workerData: { host, port: wanted } })),
    (worker) => Effect.promise(() => worker.terminate()),
  )
  const port = yield* Effect.promise(async () => (await once(worker, "message"))[0] as number)
  yield* Effect.acquireRelease(
    Effect.sync(() => Array.from({ length: queued }, () => Net.connect({ host, port }).on("error", () => {}))),
    (filling) => Effect.sync(() => filling.forEach((conn) => conn.destroy())),
  )
  // Which of these the kernel lets in, it does not tell; by the wall clock, for this is a real network.
  yield* Effect.promise(() => setTimeout(settling))
  return port
})

/** Milliseconds; loopback takes less than one. */
const settling = 20

const listener = `
const { parentPort, workerData } = require("node:worker_threads")
const server = require("node:net").createServer()
server.listen({ ...workerData, backlog: 1 }, () => {
  parentPort.postMessage(server.address().port)
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
})
`

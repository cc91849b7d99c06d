/** The other end of a TCP connection on loopback: a plain `node:net` server that the test drives by hand. */
import { Deferred, Effect, type Scope } from "effect"
import type { Socket } from "effect/socket"
import { once } from "node:events"
import * as Net from "node:net"
import { Worker } from "node:worker_threads"
import type { Remote, SocketAdapter } from "./SocketAdapter.ts"

export interface Target {
  readonly host: string
  readonly port: number
}

/** Linux lets a send buffer grow to 4 MiB and a receive buffer that nobody reads stays far below that. */
const flood = 32 * 1024 * 1024

/** Holds a way of accepting to the suite: `listen` tells its port, and each connection as long as its scope is open. */
export const acceptedAdapter = (
  listen: (accepted: (socket: Socket.Socket) => void) => Effect.Effect<number, never, Scope.Scope>,
): SocketAdapter => ({
  failsLateWrites: true,
  flood,
  connect: Effect.gen(function* () {
    const accepted = yield* Deferred.make<Socket.Socket>()
    const port = yield* listen((socket) => void Effect.runSync(Deferred.succeed(accepted, socket)))
    const conn = yield* Effect.acquireRelease(
      Effect.sync(() => Net.connect({ host: "127.0.0.1", port, allowHalfOpen: true }).on("error", () => {})),
      (conn) => Effect.sync(() => conn.destroy()),
    )
    conn.pause()
    yield* Effect.promise(() => once(conn, "connect"))
    return { socket: yield* Deferred.await(accepted), remote: remote(Effect.succeed(conn)) }
  }),
})

/** Holds a way of dialling to the suite. */
export const tcpAdapter = (
  dial: (target: Target) => Effect.Effect<Socket.Socket>,
  facts: Pick<SocketAdapter, "failsLateWrites">,
) =>
  ({
    ...facts,
    flood,
    connect: Effect.gen(function* () {
      const accepted = yield* Deferred.make<Net.Socket>()
      const port = yield* listen((conn) => void Effect.runSync(Deferred.succeed(accepted, conn)))
      return { socket: yield* dial({ host: "127.0.0.1", port }), remote: remote(Deferred.await(accepted)) }
    }),
    refused: Effect.gen(function* () {
      // A port that was just free again: nobody listens there.
      const port = yield* Effect.scoped(listen(() => {}))
      return yield* dial({ host: "127.0.0.1", port })
    }),
    unanswered: Effect.flatMap(deafPort(), (port) => dial({ host: "127.0.0.1", port })),
  }) satisfies SocketAdapter

const listen = (accept: (conn: Net.Socket) => void): Effect.Effect<number, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ server: Net.Server; open: Set<Net.Socket> }>((resume) => {
        const open = new Set<Net.Socket>()
        const server = Net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (conn) => {
          open.add(conn)
          conn.on("error", () => {})
          accept(conn)
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, open })))
      }),
      ({ server, open }) =>
        Effect.callback<void>((resume) => {
          for (const conn of open) conn.destroy()
          server.close(() => resume(Effect.void))
        }),
    ),
    ({ server }) => (server.address() as Net.AddressInfo).port,
  )

const remote = (connection: Effect.Effect<Net.Socket>): Remote => ({
  send: (bytes) =>
    Effect.flatMap(connection, (conn) =>
      Effect.callback<void, Error>((resume) => {
        conn.write(bytes, (error) => resume(error ? Effect.fail(error) : Effect.void))
      }),
    ),
  receive: (count) =>
    Effect.flatMap(connection, (conn) =>
      Effect.promise(async () => {
        const out = new Uint8Array(count)
        let filled = 0
        while (filled < count) {
          const chunk: Buffer | null = conn.read(Math.min(count - filled, conn.readableLength)) ?? null
          if (chunk !== null) {
            out.set(chunk, filled)
            filled += chunk.length
          } else if (conn.readableEnded || conn.destroyed) break
          else await next(conn, ["readable", "end", "close"])
        }
        return out.subarray(0, filled)
      }),
    ),
  end: Effect.flatMap(connection, (conn) => Effect.sync(() => void conn.end())),
  reset: Effect.flatMap(connection, (conn) => Effect.sync(() => void conn.resetAndDestroy())),
  gone: Effect.flatMap(connection, (conn) =>
    Effect.callback<"ended" | "broken">((resume) => {
      conn.once("end", () => resume(Effect.succeed("ended")))
      conn.once("error", () => resume(Effect.succeed("broken")))
      conn.resume()
    }),
  ),
})

const next = (conn: Net.Socket, events: ReadonlyArray<string>): Promise<void> =>
  new Promise((resolve) => {
    const happened = () => {
      for (const event of events) conn.off(event, happened)
      resolve()
    }
    for (const event of events) conn.on(event, happened)
  })

/**
 * A port whose connection attempts are never answered. The thread that listens sleeps, so the kernel's queue of a few connections fills up, and what comes
 * then gets no answer at all.
 */
const deafPort = (): Effect.Effect<number, never, Scope.Scope> =>
  Effect.gen(function* () {
    const worker = yield* Effect.acquireRelease(
      Effect.sync(() => new Worker(deafListener, { eval: true })),
      (worker) => Effect.promise(() => worker.terminate()),
    )
    const port = yield* Effect.promise(async () => (await once(worker, "message"))[0] as number)
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        Array.from({ length: 8 }, () => Net.connect({ host: "127.0.0.1", port }).on("error", () => {})),
      ),
      (filling) => Effect.sync(() => filling.forEach((conn) => conn.destroy())),
    )
    yield* Effect.sleep(20)
    return port
  })

const deafListener = `
const { parentPort } = require("node:worker_threads")
const server = require("node:net").createServer()
server.listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => {
  parentPort.postMessage(server.address().port)
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
})
`

/** What the compliance suite cannot see from outside: which buffers are read into, and that nothing is left behind. */
import { assert, describe, it } from "@effect/vitest"
import { NodeDialer } from "@unchoke/node"
import { ReadBuffers, TcpSocket } from "@unchoke/node/internal"
import { errand } from "@unchoke/testkit"
import { Effect, Exit, Fiber, Scope } from "effect"
import { NetAddress } from "effect/net"
import { Socket } from "effect/socket"
import * as Net from "node:net"
import { Dialer } from "@unchoke/engine"
import { tcpAdapter } from "../compliance/tcp.ts"

/** A connection by a given set of buffers. */
const connected = (buffers: ReadBuffers) =>
  tcpAdapter((target) => TcpSocket.make({ ...target }, buffers), { failsLateWrites: true }).connect

const leasesLeft = (buffers: ReadBuffers): number => {
  const taken: Array<Uint8Array> = []
  for (let next = buffers.lease(); next !== undefined; next = buffers.lease()) taken.push(next)
  for (const buffer of taken) buffers.giveBack(buffer)
  return taken.length
}

const readAll = Effect.fnUntraced(function* (
  pull: Effect.Effect<ReadonlyArray<Uint8Array>, Socket.SocketError>,
  count: number,
) {
  for (let seen = 0; seen < count;) for (const chunk of yield* pull) seen += chunk.length
})

describe("TcpSocket", () => {
  it.live("a quiet socket has no buffer of its own, a busy one leases it until it closes", () =>
    Effect.gen(function* () {
      const buffers = new ReadBuffers()
      const all = leasesLeft(buffers)
      const { socket, remote } = yield* connected(buffers)
      const scope = yield* Scope.make()
      const pull = yield* Scope.provide(Socket.readerBytes(socket), scope)
      yield* remote.send(new Uint8Array(1000))
      yield* readAll(pull, 1000)
      assert.strictEqual(leasesLeft(buffers), all)
      const sending = yield* Effect.forkChild(remote.send(new Uint8Array(8 << 20)))
      yield* readAll(pull, 8 << 20)
      yield* Fiber.join(sending)
      assert.strictEqual(leasesLeft(buffers), all - 1)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(leasesLeft(buffers), all)
    }),
  )

  it.live("a busy socket that has become quiet gives its buffer back", () =>
    Effect.gen(function* () {
      const buffers = new ReadBuffers()
      const all = leasesLeft(buffers)
      const { socket, remote } = yield* connected(buffers)
      const pull = yield* Socket.readerBytes(socket)
      yield* Effect.all([remote.send(new Uint8Array(8 << 20)), readAll(pull, 8 << 20)], { concurrency: 2 })
      assert.strictEqual(leasesLeft(buffers), all - 1)
      for (let read = 0; read < 1100; read++) {
        yield* remote.send(Uint8Array.of(read & 0xff))
        const [chunk] = yield* pull
        assert.deepStrictEqual([...chunk!], [read & 0xff])
      }
      assert.strictEqual(leasesLeft(buffers), all)
    }),
  )

  it.live("sockets go on without a buffer of their own when all are out", () =>
    Effect.gen(function* () {
      const buffers = new ReadBuffers()
      while (buffers.lease() !== undefined);
      const { socket, remote } = yield* connected(buffers)
      const pull = yield* Socket.readerBytes(socket)
      yield* Effect.all([remote.send(new Uint8Array(8 << 20)), readAll(pull, 8 << 20)], { concurrency: 2 })
    }),
  )

  it.live("a chunk stays as it is while other sockets read", () =>
    Effect.gen(function* () {
      const buffers = new ReadBuffers()
      const one = yield* connected(buffers)
      const two = yield* connected(buffers)
      const pullOne = yield* Socket.readerBytes(one.socket)
      const pullTwo = yield* Socket.readerBytes(two.socket)
      yield* one.remote.send(new Uint8Array(1000).fill(1))
      const [held] = yield* pullOne
      const sending = yield* Effect.forkChild(two.remote.send(new Uint8Array(4 << 20).fill(2)))
      yield* readAll(pullTwo, 4 << 20)
      yield* Fiber.join(sending)
      assert.isTrue(held!.every((byte) => byte === 1))
    }),
  )

  it.live("giving up leaves no handle behind", () =>
    Effect.gen(function* () {
      const adapter = tcpAdapter((target) => TcpSocket.make({ ...target }, new ReadBuffers()), {
        failsLateWrites: true,
      })
      const socket = yield* adapter.unanswered
      const before = tcpHandles()
      const scope = yield* Effect.scope
      const fiber = yield* Effect.forkChild(Scope.provide(socket.reader, scope))
      yield* Effect.sleep(20)
      assert.strictEqual(tcpHandles(), before + 1)
      // The scope that it was acquired in is still open.
      yield* Fiber.interrupt(fiber)
      yield* Effect.sleep(20)
      assert.strictEqual(tcpHandles(), before)
    }),
  )

  it.live("options that make no sense are an open error", () =>
    Effect.gen(function* () {
      const socket = yield* TcpSocket.make({ host: "127.0.0.1", port: 70_000 }, new ReadBuffers())
      const error = yield* Effect.flip(Effect.scoped(socket.reader))
      assert.strictEqual(error.reason._tag, "SocketOpenError")
    }),
  )

  it.live("after a close the reader can be acquired again, and the writer follows", () =>
    Effect.gen(function* () {
      const greetings: Array<string> = []
      const server = yield* Effect.acquireRelease(
        Effect.callback<Net.Server>((resume) => {
          const server = Net.createServer((conn) => {
            conn.on("error", () => {})
            conn.once("data", (data) => {
              greetings.push(data.toString())
              conn.end("bye")
            })
          }).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void))),
      )
      const { port } = server.address() as Net.AddressInfo
      const socket = yield* TcpSocket.make({ host: "127.0.0.1", port }, new ReadBuffers())
      const writer = yield* socket.writer
      for (const greeting of ["first", "second"]) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const pull = yield* Socket.readerBytes(socket)
            yield* writer.write(greeting)
            const [chunk] = yield* pull
            assert.strictEqual(Buffer.from(chunk!).toString(), "bye")
          }),
        )
      }
      assert.deepStrictEqual(greetings, ["first", "second"])
    }),
  )
})

describe("NodeDialer", () => {
  it.live("dials IPv6 as well", () =>
    Effect.gen(function* () {
      const server = yield* Effect.acquireRelease(
        Effect.callback<Net.Server>((resume) => {
          const server = Net.createServer((conn) => void conn.end("hi")).listen(0, "::1", () =>
            resume(Effect.succeed(server)),
          )
        }),
        (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void))),
      )
      const { port } = server.address() as Net.AddressInfo
      const { dial } = yield* Dialer
      const socket = yield* dial(NetAddress.inetAddressFromStringUnsafe(`[::1]:${port}`), errand)
      const greeting = yield* Effect.scoped(Effect.flatten(Socket.readerBytes(socket)))
      assert.strictEqual(Buffer.from(greeting[0]).toString(), "hi")
    }).pipe(Effect.provide(NodeDialer.layer)),
  )
})

const tcpHandles = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap" || name === "TCPConnectWrap").length

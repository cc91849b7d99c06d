/** Where we can be called, what callers can do to us, and that accepted connections have the read path of our own. */
import { assert, describe, it } from "@effect/vitest"
import { NodeListener } from "@unchoke/node"
import { adopt } from "@unchoke/node/internal"
import { Handshake, PeerId } from "@unchoke/protocol"
import { Content } from "@unchoke/testkit"
import { Deferred, Effect, Exit, Scope } from "effect"
import { NetAddress } from "effect/net"
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Net from "node:net"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { type Incoming, Listener } from "@unchoke/engine"
import { Reception, Self } from "@unchoke/engine/internal"

const listen = (
  ports: ReadonlyArray<number>,
  welcome: (incoming: Incoming) => Effect.Effect<void, never, Scope.Scope> = () => Effect.never,
) => Effect.flatMap(Listener, (listener) => listener.listen(ports, welcome))

/** Connects, and hangs up with the scope. */
const dial = (port: number, host = "127.0.0.1") =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const conn = Net.connect({ host, port }).on("error", () => {})
      await once(conn, "connect")
      return conn
    }),
    (conn) => Effect.sync(() => conn.destroy()),
  )

const occupied = (host: string) =>
  Effect.acquireRelease(
    Effect.callback<Net.Server>((resume) => {
      const server = Net.createServer().listen(0, host, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close()),
  ).pipe(Effect.map((server) => (server.address() as Net.AddressInfo).port))

describe("NodeListener", () => {
  describe("ports", () => {
    for (const host of ["::", "0.0.0.0", "127.0.0.1", "::1"]) {
      it.live(`one that somebody has at ${host} is passed over`, () =>
        Effect.gen(function* () {
          const taken = yield* occupied(host)
          const { port } = yield* listen([taken, taken, 0])
          assert.notStrictEqual(port, taken)
          yield* dial(port)
          const error = yield* Effect.flip(listen([taken]))
          assert.deepInclude(error, { _tag: "ListenFailed", ports: [taken], reason: "in use" })
        }).pipe(Effect.provide(NodeListener.layer)),
      )
    }

    it.live("two of one program do not share one, and it is free when the scope has ended", () =>
      Effect.gen(function* () {
        const port = yield* Effect.scoped(
          Effect.gen(function* () {
            const { port } = yield* listen([0])
            assert.strictEqual((yield* Effect.flip(listen([port]))).reason, "in use")
            return port
          }),
        )
        assert.strictEqual((yield* listen([port])).port, port)
      }).pipe(Effect.provide(NodeListener.layer)),
    )

    it.live("what is no port is a typed error, and so is none", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* Effect.flip(listen([70_000]))).reason, "other")
        assert.strictEqual((yield* Effect.flip(listen([]))).reason, "other")
      }).pipe(Effect.provide(NodeListener.layer)),
    )
  })

  describe("who calls", () => {
    const callers = [
      ["127.0.0.1", "127.0.0.1"],
      ["::1", "[::1]"],
      ["::ffff:127.0.0.1", "127.0.0.1"],
    ] as const
    for (const [host, name] of callers) {
      it.live(`over ${host} is ${name}, with the port that it calls from`, () =>
        Effect.gen(function* () {
          const called = yield* Deferred.make<Incoming>()
          const { port } = yield* listen([0], (incoming) =>
            Effect.andThen(Deferred.succeed(called, incoming), Effect.never),
          )
          const conn = yield* dial(port, host)
          const { peer } = yield* Deferred.await(called)
          assert.strictEqual(NetAddress.formatInet(peer), `${name}:${conn.localPort}`)
        }).pipe(Effect.provide(NodeListener.layer)),
      )
    }

    it.live("where an address is not to be had, such as any of IPv6, the next one is listened at", () =>
      Effect.gen(function* () {
        const called = yield* Deferred.make<Incoming>()
        const { port } = yield* listen([0], (incoming) =>
          Effect.andThen(Deferred.succeed(called, incoming), Effect.never),
        )
        const conn = yield* dial(port)
        const { peer } = yield* Deferred.await(called)
        assert.strictEqual(NetAddress.formatInet(peer), `127.0.0.1:${conn.localPort}`)
      }).pipe(Effect.provide(NodeListener.layerAt(["2001:db8::1", "0.0.0.0"]))),
    )
  })

  describe("closing", () => {
    it.live("a connection is closed when its welcome has ended, used or not", () =>
      Effect.gen(function* () {
        const { port } = yield* listen([0], () => Effect.void)
        const conn = yield* dial(port)
        yield* Effect.promise(() => once(conn.resume(), "close"))
      }).pipe(Effect.provide(NodeListener.layer)),
    )

    it.live("the end of the scope interrupts the welcomes, waits for them, and leaves no handle", () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        let here = 0
        const { port } = yield* listen([0], ({ socket }) =>
          Effect.gen(function* () {
            yield* Effect.acquireRelease(
              Effect.sync(() => here++),
              () =>
                Effect.andThen(
                  Effect.sleep(5),
                  Effect.sync(() => here--),
                ),
            )
            if (here > 2) yield* socket.reader
            yield* Effect.never
          }).pipe(Effect.ignore),
        ).pipe(Scope.provide(scope))
        const conns = yield* Effect.forEach([1, 2, 3, 4], () => dial(port))
        yield* Effect.repeat(Effect.sleep(5), { until: () => here === 4 })
        const closed = conns.map((conn) => once(conn.resume(), "close"))
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(here, 0)
        yield* Effect.promise(() => Promise.all(closed))
        yield* Effect.sleep(20)
        assert.deepStrictEqual(handles(), [])
      }).pipe(Effect.provide(NodeListener.layer)),
    )
  })

  describe("the read path", () => {
    const acceptedBy = Effect.fnUntraced(function* () {
      const accepted = Promise.withResolvers<Net.Socket>()
      const server = yield* Effect.acquireRelease(
        Effect.callback<Net.Server>((resume) => {
          const server = Net.createServer({ pauseOnConnect: true }, accepted.resolve)
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close()),
      )
      const far = yield* dial((server.address() as Net.AddressInfo).port)
      const near = yield* Effect.acquireRelease(
        Effect.promise(() => accepted.promise),
        (conn) => Effect.sync(() => conn.destroy()),
      )
      return { server, far, near }
    })

    it.live("this Node lets us read an accepted connection into buffers of our own", () =>
      Effect.gen(function* () {
        const { far, near, server } = yield* acceptedBy()
        const mine = new Uint8Array(100)
        const read = Promise.withResolvers<string>()
        const socket = adopt.rewrapped(near, {
          buffer: mine,
          callback: (length, buffer) => {
            read.resolve(Buffer.from(buffer.subarray(0, length)).toString())
            return buffer === mine
          },
        })
        assert.isDefined(socket, "the fields have changed: accepted connections cost six times the CPU time now")
        far.write("hello")
        socket!.resume()
        assert.strictEqual(yield* Effect.promise(() => read.promise), "hello")
        assert.strictEqual(Buffer.from(mine.subarray(0, 5)).toString(), "hello")
        assert.strictEqual(yield* Effect.promise(() => connections(server)), 0, "the server waits for nobody's end")
        socket!.destroy()
      }),
    )

    it.live("where it does not, the connection is as it was", () =>
      Effect.gen(function* () {
        const { far, near } = yield* acceptedBy()
        const none = { buffer: new Uint8Array(1), callback: () => true }
        const within = near as unknown as { _handle: object | undefined }
        const handle = within._handle
        within._handle = undefined
        assert.isUndefined(adopt.rewrapped(near, none))
        // Something else by that name: no socket can be put over it.
        const other = { readStart: () => 0 }
        within._handle = other
        assert.isUndefined(adopt.rewrapped(near, none))
        assert.strictEqual(within._handle, other)
        within._handle = handle
        assert.isFalse(near.destroyed)
        const read = Promise.withResolvers<string>()
        adopt
          .stock(near, {
            ...none,
            callback: (length, buffer) => {
              read.resolve(Buffer.from(buffer.subarray(0, length)).toString())
              return true
            },
          })
          .resume()
        far.write("hello")
        assert.strictEqual(yield* Effect.promise(() => read.promise), "hello")
      }),
    )
  })

  describe("floods", () => {
    const content = Content.make({ files: 100_000, pieceLength: 16_384 })
    const greeting = (id: number) =>
      Handshake.print({
        infoHash: content.torrent.infoHash,
        peerId: PeerId.make("9.9.9", new Uint8Array(12).fill(id)),
        fast: true,
        extended: true,
        dht: false,
      })
    /** Calls and is answered. */
    const isAnswered = Effect.fnUntraced(function* (port: number) {
      const conn = yield* dial(port)
      conn.write(greeting(1))
      const [answer] = yield* Effect.promise(() => once(conn, "data") as Promise<[Buffer]>)
      assert.strictEqual(answer.length, Handshake.byteLength)
      return conn
    })

    it.live("ten thousand who connect and vanish leave nothing behind, and who was here stays", () =>
      Effect.gen(function* () {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const reception = yield* Reception.make([0])
            const self = yield* Self.make
            let here = 0
            yield* reception.register({
              torrent: content.torrent,
              self,
              welcome: (link) =>
                Effect.acquireRelease(
                  Effect.sync(() => here++),
                  () => Effect.sync(() => here--),
                ).pipe(Effect.andThen(Effect.forever(link.pull)), Effect.ignore),
            })
            const port = yield* reception.listen
            const guest = yield* isAnswered(port)
            yield* Effect.forEach(
              Array.from({ length: 10_000 }, (_, i) => i),
              (i) => Effect.promise(() => vanishing(port, i, greeting(2))),
              { concurrency: 100, discard: true },
            )
            yield* Effect.scoped(isAnswered(port))
            yield* Effect.repeat(Effect.sleep(10), { until: () => here === 1 })
            assert.isFalse(guest.destroyed)
            guest.destroy()
          }),
        )
        yield* Effect.sleep(50)
        assert.deepStrictEqual(handles(), [])
      }).pipe(Effect.provide(NodeListener.layer)),
    )

    it.live("a lack of descriptors ends neither the listening nor the process", () =>
      Effect.gen(function* () {
        const child = yield* Effect.acquireRelease(
          Effect.sync(() =>
            spawn("sh", ["-c", 'ulimit -n 64 && exec "$@"', "sh", process.execPath, "--conditions=source", program], {
              stdio: ["ignore", "pipe", "inherit"],
            }),
          ),
          (child) => Effect.sync(() => child.kill("SIGKILL")),
        )
        const [line] = yield* Effect.promise(() => once(createInterface(child.stdout), "line") as Promise<[string]>)
        const port = Number(line)
        /** Calls, and says how that went; hangs up with the scope. */
        const call = Effect.gen(function* () {
          const conn = Net.connect({ host: "127.0.0.1", port }).on("error", () => {})
          yield* Effect.addFinalizer(() => Effect.sync(() => conn.destroy()))
          const greeted = once(conn, "data").then(
            () => "greeted",
            () => "sent away",
          )
          return yield* Effect.promise(() => Promise.race([greeted, once(conn, "close").then(() => "sent away")]))
        })
        for (let round = 0; round < 2; round++) {
          const crowd = Effect.forEach(Array.from({ length: 200 }), () => call, { concurrency: 20 })
          const outcomes = yield* Effect.scoped(crowd)
          assert.isAbove(outcomes.filter((outcome) => outcome === "greeted").length, 10)
          assert.isAbove(outcomes.filter((outcome) => outcome === "sent away").length, 10)
          // Who comes when they have gone is greeted again.
          yield* Effect.repeat(Effect.scoped(call), { until: (outcome) => outcome === "greeted" })
        }
        assert.isNull(child.exitCode)
      }),
    )
  })
})

const program = fileURLToPath(new URL("listens.ts", import.meta.url))

/** A caller that goes away in one of several manners, at one of several moments. */
const vanishing = async (port: number, i: number, greeting: Uint8Array): Promise<void> => {
  const conn = Net.connect({ host: i % 2 === 0 ? "127.0.0.1" : "::1", port }).on("error", () => {})
  const closed = once(conn, "close")
  if (i % 7 === 0) conn.destroy()
  else {
    await once(conn, "connect").catch(() => {})
    if (i % 7 > 2) conn.write(greeting.subarray(0, i % 69))
    if (i % 7 === 6) conn.write(new Uint8Array(1000))
    if (i % 3 === 0) conn.resetAndDestroy()
    else if (i % 3 === 1) conn.destroy()
    else {
      conn.resume().end()
      setTimeout(() => conn.destroy(), i % 20)
    }
  }
  await closed
}

const connections = (server: Net.Server): Promise<number> =>
  new Promise((resolve) => server.getConnections((_, count) => resolve(count)))

const handles = (): ReadonlyArray<string> => process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP"))

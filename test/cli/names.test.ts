/** The command and the names of hosts: a resolver of our own is preloaded into it, where there is a C compiler. */
import { assert, describe, it } from "@effect/vitest"
import { Content, LoopbackSwarm, LoopbackTracker, Script } from "@unchoke/testkit"
import { Deferred, Effect } from "effect"
import { NetAddress } from "effect/net"
import { execFileSync, spawnSync } from "node:child_process"
import { createSocket } from "node:dgram"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer as createHttpServer } from "node:http"
import { createServer, type AddressInfo, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { entry, run, start } from "./process.ts"

const possible = process.platform === "linux" && spawnSync("cc", ["--version"]).status === 0

/** A folder with the resolver in it, and a way to start the command so that it asks that one. */
const stage = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "unchoke-names-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
  ),
  (folder) => {
    const library = join(folder, "resolver.so")
    execFileSync("cc", ["-shared", "-fPIC", "-o", library, join(import.meta.dirname, "resolver.c"), "-ldl"])
    const out = join(folder, "out")
    const torrentOf = ({ bytes }: Content.Content) => {
      const path = join(folder, "content.torrent")
      writeFileSync(path, bytes)
      return path
    }
    const options = (addresses: ReadonlyArray<string>) => ({
      env: { ...process.env, NO_COLOR: "1", LD_PRELOAD: library, MANY_TEST: addresses.join(",") },
    })
    const argsOf = (content: Content.Content, ...args: ReadonlyArray<string>) => [
      entry,
      "download",
      torrentOf(content),
      "--output",
      out,
      ...args,
    ]
    return {
      start: (content: Content.Content, ...args: ReadonlyArray<string>) =>
        start(process.execPath, argsOf(content, ...args), options([])),
      run: (content: Content.Content, addresses: ReadonlyArray<string>, ...args: ReadonlyArray<string>) =>
        run(process.execPath, argsOf(content, ...args), options(addresses)),
      isComplete: ({ data }: Content.Content) => readFileSync(join(out, "content.bin")).equals(data),
    }
  },
)

const contentWith = (...tiers: ReadonlyArray<ReadonlyArray<string>>) => Content.make({ files: 200_000, tiers })
const unanswered = contentWith(["http://silent.test/announce"], ["udp://silent.test:1"])

const seeder = (content: Content.Content) =>
  Effect.map(LoopbackSwarm.start(content, [{ script: Script.good }]), ({ addresses }) => addresses[0]!)

describe.skipIf(!possible)("while a name is being looked up for ever", () => {
  it.live("a download that is done ends", () =>
    Effect.gen(function* () {
      const { isComplete, run } = yield* stage
      const peer = NetAddress.formatInet(yield* seeder(unanswered))
      const { code, stderr } = yield* run(unanswered, [], "--peer", peer)
      assert.strictEqual(code, 0, stderr)
      assert.isTrue(isComplete(unanswered))
    }).pipe(Effect.scoped),
  )

  it.live("Ctrl-C ends it, with its code", () =>
    Effect.gen(function* () {
      const { start } = yield* stage
      const called = Deferred.makeUnsafe<void>()
      const { port } = yield* server(() => Deferred.doneUnsafe(called, Effect.void))
      const { finished, interrupt } = yield* start(unanswered, "--peer", `127.0.0.1:${port}`)
      yield* Deferred.await(called)
      yield* interrupt
      const { code, stderr } = yield* finished
      assert.strictEqual(code, 130, stderr)
      assert.include(stderr, "the same command goes on from there")
    }).pipe(Effect.scoped),
  )
})

/** A server whose connections do this, and its port; on 127.0.0.1 unless told otherwise. */
const server = (accept: (socket: Socket) => void) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ readonly server: Server; readonly open: Set<Socket> }>((resume) => {
        const open = new Set<Socket>()
        const server = createServer((socket) => {
          open.add(socket.on("error", () => {}))
          accept(socket)
        }).listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, open })))
      }),
      ({ open, server }) =>
        Effect.sync(() => {
          server.close()
          for (const socket of open) socket.destroy()
        }),
    ),
    ({ server }) => ({ port: (server.address() as AddressInfo).port }),
  )

describe.skipIf(!possible)("a name with many addresses", () => {
  for (const over of ["HTTP", "UDP"] as const) {
    it.live(`a tracker over ${over}: one address is silent, one refuses, the last one answers`, () =>
      Effect.gen(function* () {
        const { isComplete, run } = yield* stage
        const named: Array<NetAddress.InetAddress> = []
        const tracker = yield* LoopbackTracker.make({ peers: named, host: "127.0.0.9" })
        const url = (over === "HTTP" ? tracker.announceUrl : tracker.udpUrl).replace("127.0.0.9", "many.test")
        const content = contentWith([url])
        named.push(yield* seeder(content))
        yield* silence(Number(new URL(url).port))
        const { code, stderr } = yield* run(content, ["127.0.0.7", "::1", "127.0.0.8", "127.0.0.9"])
        assert.strictEqual(code, 0, stderr)
        assert.isTrue(isComplete(content))
        assert.include(stderr, `${url} names 1 peer`)
      }).pipe(Effect.scoped),
    )
  }

  it.live("a peer: each address of it is one", () =>
    Effect.gen(function* () {
      const { isComplete, run } = yield* stage
      const content = contentWith()
      const { port } = yield* seeder(content)
      const { code, stderr } = yield* run(content, ["127.0.0.7", "127.0.0.1"], "--peer", `many.test:${port}`)
      assert.strictEqual(code, 0, stderr)
      assert.isTrue(isComplete(content))
    }).pipe(Effect.scoped),
  )

  it.live("a peer whose name is nobody's is told, and others are tried", () =>
    Effect.gen(function* () {
      const { run } = yield* stage
      const content = contentWith()
      const { port } = yield* seeder(content)
      const { code, stderr } = yield* run(content, [], "--peer", "nowhere.test:1", "--peer", `localhost:${port}`)
      assert.strictEqual(code, 0, stderr)
      assert.include(stderr, "No peers from --peer nowhere.test:1: the name nowhere.test is not known")
    }).pipe(Effect.scoped),
  )
})

/** On 127.0.0.7, takes connections and datagrams and says nothing. */
const silence = (port: number) =>
  Effect.acquireRelease(
    Effect.callback<() => void>((resume) => {
      const udp = createSocket("udp4").bind(port, "127.0.0.7")
      const http = createHttpServer(() => {}).listen(port, "127.0.0.7", () =>
        resume(
          Effect.succeed(() => {
            udp.close()
            http.close().closeAllConnections()
          }),
        ),
      )
    }),
    (close) => Effect.sync(close),
  )

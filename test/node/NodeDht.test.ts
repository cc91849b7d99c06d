import { assert, describe, it } from "@effect/vitest"
import { Datagrams, make } from "@unchoke/dht"
import { DhtFile, NodeDatagrams, NodeDht } from "@unchoke/node"
import { Effect, Option, Stream } from "effect"
import { Host, NetAddress } from "effect/net"
import { randomBytes } from "node:crypto"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DhtSource } from "@unchoke/engine"
import { publicInfoHash } from "@unchoke/engine/internal"

const infoHash = publicInfoHash({ infoHash: new Uint8Array(20).fill(7), private: undefined })!
const seeker = { infoHash, port: undefined, isComplete: () => false }

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "unchoke-dht-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true })),
)

/** A node on loopback, where somebody has announced the torrent. */
const neighbour = Effect.gen(function* () {
  const at = NodeDatagrams.layerAt({ IPv4: "127.0.0.1", IPv6: "::1" })
  const first = yield* Effect.provide(make({ random: randomBytes, routers: [] }), at)
  const [status] = yield* first.status
  const entrance = Host.hostPortFromStringUnsafe(`127.0.0.1:${status!.port}`)
  const second = yield* Effect.provide(make({ random: randomBytes, routers: [], nodes: [entrance] }), at)
  yield* Stream.runDrain(second.findOnce(infoHash, { port: 4321 }))
  return entrance
})

const firstPeers = (source: ReturnType<DhtSource["Service"]["of"]>) =>
  source.find(seeker).pipe(
    Stream.takeUntil(({ more }) => !more),
    Stream.runCollect,
    Effect.map((all) => [...all].flatMap(({ peers }) => peers.map(NetAddress.formatInet))),
  )

describe("NodeDht", () => {
  it.live("is a source of peers, is there when it is first asked, and remembers whom it met", () =>
    Effect.gen(function* () {
      const entrance = yield* neighbour
      const file = join(yield* folder, "cache", "dht.dat")
      yield* Effect.gen(function* () {
        const { of } = yield* DhtSource
        const dht = of(infoHash, [])
        assert.deepInclude(dht, { name: "DHT", origin: "dht" })
        assert.deepEqual(yield* firstPeers(dht), ["127.0.0.1:4321"])
      }).pipe(Effect.provide(NodeDht.layer({ nodes: [entrance], routers: [], file })))
      assert.deepEqual(yield* Effect.promise(() => readdir(join(file, ".."))), ["dht.dat"])
      // Nobody is named this time.
      const again = Effect.flatMap(DhtSource, ({ of }) => firstPeers(of(infoHash, [])))
      const peers = yield* Effect.provide(again, NodeDht.layer({ routers: [], file }))
      assert.deepEqual(peers, ["127.0.0.1:4321"])
    }).pipe(Effect.scoped),
  )

  it.live("enters by the nodes that a torrent names, and says when it finds nobody", () =>
    Effect.gen(function* () {
      const entrance = yield* neighbour
      const { of } = yield* DhtSource
      assert.strictEqual(yield* Effect.flip(firstPeers(of(infoHash, []))), "no node of the DHT is known")
      assert.deepEqual(yield* firstPeers(of(infoHash, [entrance])), ["127.0.0.1:4321"])
    }).pipe(Effect.provide(NodeDht.layer({ routers: [], file: undefined })), Effect.scoped),
  )

  it.live("who names the nodes to enter by is led to no others, and the user's own table is left alone", () =>
    Effect.gen(function* () {
      const cache = yield* folder
      const before = process.env["XDG_CACHE_HOME"]
      yield* Effect.acquireRelease(
        Effect.sync(() => void (process.env["XDG_CACHE_HOME"] = cache)),
        () =>
          Effect.sync(() => {
            if (before === undefined) delete process.env["XDG_CACHE_HOME"]
            else process.env["XDG_CACHE_HOME"] = before
          }),
      )
      const elsewhere = yield* neighbour
      const find = Effect.flatMap(DhtSource, ({ of }) => firstPeers(of(infoHash, [])))
      const file = DhtFile.usual()
      yield* Effect.provide(find, NodeDht.layer({ nodes: [elsewhere], routers: [], file }))
      const kept = yield* DhtFile.read(file)
      assert.isDefined(kept)
      const told = yield* Effect.flip(Effect.provide(find, NodeDht.layer({ routers: [] })))
      assert.strictEqual(told, "no node of the DHT is known")
      assert.deepEqual(yield* DhtFile.read(file), kept)
    }).pipe(Effect.scoped),
  )

  it.live("a program that asks for nothing opens nothing and writes nothing", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "dht.dat")
      yield* DhtSource.pipe(Effect.provide(NodeDht.layer({ routers: [], file })))
      assert.deepEqual(yield* Effect.promise(() => readdir(join(file, ".."))), [])
    }).pipe(Effect.scoped),
  )
})

describe("DhtFile", () => {
  it("lies in the user's cache folder; a relative XDG_CACHE_HOME counts for nothing", () => {
    assert.strictEqual(DhtFile.usual({ XDG_CACHE_HOME: "/var/cache/me" }), "/var/cache/me/unchoke/dht.dat")
    assert.strictEqual(DhtFile.usual({ XDG_CACHE_HOME: "here" }), DhtFile.usual({}))
    assert.match(DhtFile.usual({}), /\.cache\/unchoke\/dht\.dat$/)
  })

  it.live("what can't be read is nothing, and where nothing can be written nothing happens", () =>
    Effect.gen(function* () {
      const path = yield* folder
      assert.isUndefined(yield* DhtFile.read(join(path, "nothing")))
      assert.isUndefined(yield* DhtFile.read(path))
      yield* Effect.promise(() => writeFile(join(path, "file"), "x"))
      yield* DhtFile.write(join(path, "file", "dht.dat"), new Uint8Array(3))
      yield* DhtFile.write(path, new Uint8Array(3))
      assert.deepEqual(yield* Effect.promise(() => readdir(path)), ["file"])
    }).pipe(Effect.scoped),
  )
})

describe("NodeDatagrams", () => {
  it.live("takes the first port that is free, tells from where a packet comes, and outlives packets to nobody", () =>
    Effect.gen(function* () {
      const { open } = yield* Datagrams
      const heard: Array<string> = []
      const keep = (packet: Uint8Array, from: NetAddress.InetAddress) =>
        void heard.push(`${Buffer.from(packet).toString()} from ${NetAddress.formatInet(from)}`)
      const a = yield* open("IPv4", [0], keep)
      const b = yield* open("IPv4", [a.port, 0], keep)
      assert.notStrictEqual(a.port, b.port)
      const at = (port: number) => NetAddress.inetAddressFromIpStringUnsafe("127.0.0.1", port)
      a.send(Buffer.from("lost"), at(1))
      a.send(Buffer.from("lost"), at(0))
      a.send(new Uint8Array(70_000), at(b.port))
      a.send(Buffer.from("lost"), NetAddress.inetAddressFromIpStringUnsafe("::1", b.port))
      a.send(Buffer.from("hello"), at(b.port))
      while (heard.length === 0) yield* Effect.sleep("5 millis")
      assert.deepEqual(heard, [`hello from 127.0.0.1:${a.port}`])
    }).pipe(Effect.provide(NodeDatagrams.layerAt({ IPv4: "127.0.0.1", IPv6: "::1" })), Effect.scoped),
  )

  it.live.each([
    ["1", false],
    ["yes", false],
    ["", true],
    ["0", true],
    ["False", true],
  ] as const)("with UNCHOKE_NO_DHT=%j: there %j", ([value, isThere]) =>
    Effect.gen(function* () {
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const before = process.env.UNCHOKE_NO_DHT
          process.env.UNCHOKE_NO_DHT = value
          return before
        }),
        (before) =>
          Effect.sync(() => {
            if (before === undefined) delete process.env.UNCHOKE_NO_DHT
            else process.env.UNCHOKE_NO_DHT = before
          }),
      )
      // Nothing is sent before somebody asks.
      const source = yield* Effect.provide(Effect.serviceOption(DhtSource), NodeDht.layer())
      assert.strictEqual(Option.isSome(source), isThere)
    }).pipe(Effect.scoped),
  )
})

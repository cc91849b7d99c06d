/** Our node of the DHT among libtorrent's: each finds whom the other has announced, and enters by the other. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { type Dht, make } from "@unchoke/dht"
import { NodeDatagrams } from "@unchoke/node"
import { Effect, Schedule, type Scope, Stream } from "effect"
import { Host, NetAddress } from "effect/net"
import type { ChildProcessSpawner } from "effect/process"
import { randomBytes } from "node:crypto"
import * as Libtorrent from "./dht/Libtorrent.ts"
import { libtorrent } from "./Tool.ts"
import { whenInstalled } from "./whenInstalled.ts"

const ours = (entrances: ReadonlyArray<string>) =>
  make({ random: randomBytes, routers: [], nodes: entrances.map(Host.hostPortFromStringUnsafe) }).pipe(
    Effect.provide(NodeDatagrams.layerAt({ IPv4: "127.0.0.1", IPv6: "::1" })),
  )

/** Looks again until it is there: who announces has to find whom to tell first. */
const found = (dht: Dht["Service"], infoHash: Uint8Array, peer: string) =>
  dht.findOnce(infoHash).pipe(
    Stream.runCollect,
    Effect.map((batches) => [...batches].flat().map(NetAddress.formatInet)),
    Effect.repeat({ until: (peers) => peers.includes(peer), schedule: Schedule.spaced("500 millis") }),
    Effect.timeout("40 seconds"),
  )

/** The same of one of theirs. */
const foundBy = (node: Libtorrent.Libtorrent, infoHash: Uint8Array, peer: string) => {
  const hash = Buffer.from(infoHash).toString("hex")
  return Effect.gen(function* () {
    yield* node.say(`find ${hash}`)
    for (;;) if ((yield* node.hear("peer")) === `${hash} ${peer}`) return
  }).pipe(Effect.timeout("40 seconds"))
}

whenInstalled("the DHT of libtorrent", [libtorrent], () => {
  layer(NodeServices.layer, { excludeTestServices: true })("the DHT of libtorrent", (it) => {
    const among = (
      name: string,
      addresses: ReadonlyArray<string>,
      host: (address: string) => string,
      program: (
        nodes: ReadonlyArray<Libtorrent.Libtorrent>,
      ) => Effect.Effect<void, unknown, Scope.Scope | ChildProcessSpawner.ChildProcessSpawner>,
    ) =>
      it.effect(
        name,
        () =>
          Effect.gen(function* () {
            const nodes: Array<Libtorrent.Libtorrent> = []
            for (const address of addresses) {
              const entrance = nodes[0] === undefined ? "" : `${host(addresses[0]!)}:${nodes[0].port}`
              nodes.push(yield* Libtorrent.node(address, entrance))
            }
            yield* program(nodes)
          }).pipe(Effect.scoped),
        120_000,
      )

    for (const [family, addresses, host, us] of [
      ["IPv4", ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"], (address: string) => address, "127.0.0.1"],
      ["IPv6", ["::1", "::1", "::1", "::1"], (address: string) => `[${address}]`, "[::1]"],
    ] as const) {
      among(`over ${family} ours finds theirs, and theirs find ours`, addresses, host, (nodes) =>
        Effect.gen(function* () {
          const dht = yield* ours([`${host(addresses[0])}:${nodes[0]!.port}`])
          const theirs = randomBytes(20)
          yield* nodes[1]!.say(`announce ${theirs.toString("hex")}`)
          yield* found(dht, theirs, `${host(addresses[1])}:${nodes[1]!.port}`)
          const own = randomBytes(20)
          yield* Stream.runDrain(dht.findOnce(own, { port: 5555 }))
          yield* foundBy(nodes[3]!, own, `${us}:5555`)
        }),
      )
    }

    it.effect(
      "those who enter by ours alone find each other",
      () =>
        Effect.gen(function* () {
          const dht = yield* ours([])
          const { port } = (yield* dht.status)[0]!
          const a = yield* Libtorrent.node("127.0.0.2", `127.0.0.1:${port}`)
          const b = yield* Libtorrent.node("127.0.0.3", `127.0.0.1:${port}`)
          const hash = randomBytes(20)
          yield* a.say(`announce ${hash.toString("hex")}`)
          yield* found(dht, hash, `127.0.0.2:${a.port}`)
          yield* foundBy(b, hash, `127.0.0.2:${a.port}`)
          assert.isAtLeast((yield* dht.status)[0]!.nodes, 2)
        }).pipe(Effect.scoped),
      120_000,
    )
  })
})

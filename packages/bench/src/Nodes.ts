/**
 * A DHT of ten nodes: nine libtorrents, and our own at the peer's address, which announces it.
 *
 * They live as long as the scope and keep nothing: whoever looked before leaves no trace for the next.
 */
import { make } from "@unchoke/dht"
import { NodeDatagrams } from "@unchoke/node"
import { Effect, Schedule, Stream } from "effect"
import { Host, NetAddress } from "effect/net"
import { ChildProcess } from "effect/process"
import { randomBytes } from "node:crypto"
import { nodes, version } from "./clients/libtorrent.ts"
import type { Peer } from "./Swarm.ts"

export const isInstalled = Effect.map(version, (version) => version !== undefined)

/** When the peer can be found: the node to enter by, as `address:port`. */
export const start = Effect.fnUntraced(function* (network: number, infoHash: string, peer: Peer) {
  const hash = Buffer.from(infoHash, "hex")
  // Networks of their own, because there are clients that take only one node of each.
  const { args, command } = nodes(Array.from({ length: 9 }, (_, index) => `${network}.251.${index + 1}.1`))
  const process = yield* ChildProcess.make(command, args, { stderr: "inherit", killSignal: "SIGKILL", detached: false })
  const entrance = yield* process.stdout.pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.runHead,
    Effect.flatMap(Effect.fromOption),
  )
  const seed = yield* ours(peer.address, entrance)
  yield* Effect.forkScoped(Stream.runDrain(seed.find(hash, { port: peer.port, isComplete: () => true })))
  const stranger = yield* ours(`${network}.251.100.1`, entrance)
  yield* stranger.findOnce(hash).pipe(
    Stream.runCollect,
    Effect.map((batches) => [...batches].flat().map(NetAddress.formatInet)),
    Effect.repeat({
      until: (peers) => peers.includes(`${peer.address}:${peer.port}`),
      schedule: Schedule.spaced("200 millis"),
    }),
    Effect.scoped,
  )
  return entrance
}, Effect.timeout("60 seconds"))

const ours = (address: string, entrance: string) =>
  make({ random: randomBytes, routers: [], nodes: [Host.hostPortFromStringUnsafe(entrance)] }).pipe(
    Effect.provide(NodeDatagrams.layerAt({ IPv4: address, IPv6: "::1" })),
  )

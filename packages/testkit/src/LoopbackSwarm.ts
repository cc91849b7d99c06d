/**
 * A swarm of scripted peers on real TCP: the scripts of the memory swarm, behind addresses that any client can dial.
 *
 * Loopback only; everything ends with the scope. All of 127/8 is there on Linux, elsewhere 127.0.0.1 alone.
 */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { PeerId } from "@unchoke/protocol"
import { Effect, FiberSet, type Scope } from "effect"
import { NetAddress } from "effect/net"
import * as Net from "node:net"
import type { Content } from "./Content.ts"
import { deafPort } from "./deafPort.ts"
import type { Script } from "./Script.ts"
import * as ScriptedPeer from "./ScriptedPeer.ts"

/** One peer of a swarm. */
export interface Member {
  readonly script: Script
  /** Where it listens; 127.0.0.1 unless given. */
  readonly host?: string
  /** Any free one unless given. */
  readonly port?: number
  /** The first letters of its peer id, which tell its client: `-TR3000-`. */
  readonly client?: string
}

/** What the swarm is and saw. */
export interface LoopbackSwarm {
  /** Where each member is to be dialled, in the order in which they were given. */
  readonly addresses: ReadonlyArray<NetAddress.InetAddress>
  /** Every block that was sent, in order. */
  readonly served: ReadonlyArray<ScriptedPeer.Served & { readonly peer: string }>
  /** How many connections are open now. */
  readonly open: () => number
}

/** Starts a swarm around one torrent. */
export const start = Effect.fnUntraced(function* (
  content: Content,
  members: ReadonlyArray<Member>,
): Effect.fn.Return<LoopbackSwarm, never, Scope.Scope> {
  const served: Array<ScriptedPeer.Served & { readonly peer: string }> = []
  const connections = new Set<Net.Socket>()
  const play = yield* FiberSet.makeRuntime<never, void, never>()

  const welcome = (member: Member, script: Extract<Script, { readonly _tag: "Accept" }>) => (conn: Net.Socket) => {
    const peer = NetAddress.formatInet(addressOf(conn.localAddress!, conn.localPort!))
    connections.add(conn)
    conn.on("error", () => {}).once("close", () => connections.delete(conn))
    const opened = Effect.acquireRelease(Effect.succeed(conn), () => Effect.sync(() => conn.destroy()))
    play(
      Effect.gen(function* () {
        const socket = ScriptedPeer.behind(yield* NodeSocket.fromDuplex(opened), script, content)
        yield* ScriptedPeer.play(socket, script.steps, {
          content,
          peerId: peerIdOf(member, peer),
          served: (block) => served.push({ ...block, peer }),
          reset: Effect.sync(() => conn.resetAndDestroy()),
        })
      }).pipe(Effect.scoped, Effect.ignore),
    )
  }

  const settle = Effect.fnUntraced(function* (member: Member) {
    const { host = "127.0.0.1", port = 0, script } = member
    switch (script._tag) {
      case "Accept":
        return yield* listen(host, port, welcome(member, script))
      case "Blackhole":
        return yield* deafPort(host, port)
      case "Refuse":
        // A port that was just free again: nobody listens there.
        return yield* Effect.scoped(listen(host, port, (conn) => conn.destroy()))
    }
  })

  const addresses: Array<NetAddress.InetAddress> = []
  for (const member of members) {
    addresses.push(addressOf(member.host ?? "127.0.0.1", yield* settle(member)))
  }
  return { addresses, served, open: () => connections.size }
})

const addressOf = NetAddress.inetAddressFromIpStringUnsafe

const peerIdOf = ({ client = "" }: Member, peer: string): Uint8Array => {
  const id = PeerId.make("0.0.0", new TextEncoder().encode(peer.slice(-12).padStart(12)))
  id.set(new TextEncoder().encode(client.slice(0, 8)))
  return id
}

const listen = (
  host: string,
  port: number,
  accept: (conn: Net.Socket) => void,
): Effect.Effect<number, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Net.Server>((resume) => {
        const server = Net.createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, accept)
        server.once("error", (error) => resume(Effect.die(error)))
        server.listen(port, host, () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close()),
    ),
    (server) => (server.address() as Net.AddressInfo).port,
  )

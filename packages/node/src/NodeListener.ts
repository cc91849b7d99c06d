/**
 * The `Listener` port over TCP.
 *
 * Invariants: a connection is closed when its welcome has ended, whatever the welcome did with it; nothing that callers do, nor a lack of descriptors, ends the listening or the process.
 */
import { Effect, FiberSet, Layer, Result, type Scope } from "effect"
import { NetAddress } from "effect/net"
import * as Net from "node:net"
import * as Os from "node:os"
import { type Incoming, Listener, ListenFailed } from "@unchoke/engine"
import { adopt } from "./adopt.ts"
import * as ReadBuffers from "./ReadBuffers.ts"
import { TcpConnection } from "./TcpConnection.ts"
import * as TcpSocket from "./TcpSocket.ts"
import { bindReason } from "./bindReason.ts"

/** Every address of both families by one socket; where there is no IPv6, IPv4 alone. Node does so where no host is named, and neither looks one up nor compiles what tells an address from a name, 7 ms of a start. */
const everywhere = [undefined]

type Welcome = (incoming: Incoming) => Effect.Effect<void, never, Scope.Scope>

/** Listens at the first of these addresses that the machine has. */
export const layerAt = (hosts: ReadonlyArray<string | undefined>): Layer.Layer<Listener> =>
  Layer.sync(Listener, () => {
    const buffers = ReadBuffers.ofThisThread()
    return Listener.of({
      listen: Effect.fnUntraced(function* (ports, welcome) {
        // Closed after the server: nobody comes while those who are here are sent away.
        const run = yield* FiberSet.makeRuntime()
        return yield* listening(hosts, ports, (conn) => {
          const peer = peerOf(conn)
          if (peer === undefined) conn.destroy()
          else run(conversation(adopted(conn, buffers), peer, welcome))
        })
      }),
    })
  })

/** What reads and writes from now on. Nothing keeps the socket that the server gave. */
const adopted = (conn: Net.Socket, buffers: ReadBuffers.ReadBuffers) =>
  new TcpConnection((onread) => adopt(conn, onread), buffers)

const conversation = (connection: TcpConnection, peer: NetAddress.InetAddress, welcome: Welcome): Effect.Effect<void> =>
  Effect.acquireRelease(Effect.succeed(connection), () => Effect.sync(() => connection.close(1006))).pipe(
    Effect.flatMap(TcpSocket.accepted),
    Effect.flatMap((socket) => welcome({ peer, socket })),
    Effect.scoped,
  )

/** The `Listener` of this machine, at all its addresses. */
export const layer: Layer.Layer<Listener> = layerAt(everywhere)

const listening = (
  hosts: ReadonlyArray<string | undefined>,
  ports: ReadonlyArray<number>,
  accept: (conn: Net.Socket) => void,
): Effect.Effect<{ readonly port: number }, ListenFailed, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const server = Net.createServer({ pauseOnConnect: true, noDelay: true }, accept)
      const failures: Array<NodeJS.ErrnoException> = []
      for (const port of ports) {
        const failure = yield* bound(server, hosts, port)
        if (failure === undefined) return server
        failures.push(failure)
      }
      const cause = failures.find(({ code }) => code === "EADDRINUSE") ?? failures.at(-1)
      return yield* new ListenFailed({ ports, reason: bindReason(cause), cause })
    }),
    (server) => Effect.sync(() => server.close()),
  ).pipe(Effect.map((server) => ({ port: (server.address() as Net.AddressInfo).port })))

/** Binds the port at the first address that the machine has; why it can't, or `undefined`. */
const bound = Effect.fnUntraced(function* (server: Net.Server, hosts: ReadonlyArray<string | undefined>, port: number) {
  let failure: NodeJS.ErrnoException | undefined
  for (const host of hosts) {
    failure = yield* boundAt(server, host, port)
    if (failure === undefined || bindReason(failure) !== "other") return failure
  }
  return failure
})

const boundAt = (server: Net.Server, host: string | undefined, port: number) =>
  Effect.callback<NodeJS.ErrnoException | undefined>((resume) => {
    const failed = (cause: NodeJS.ErrnoException) => {
      server.off("listening", listens)
      resume(Effect.succeed(cause))
    }
    const listens = () => {
      server.off("error", failed)
      // No descriptor left for a caller, or a caller that was gone before: the next one is as welcome.
      server.on("error", () => {})
      resume(Effect.succeed(undefined))
    }
    server.once("error", failed).once("listening", listens)
    try {
      server.listen({ ...(host !== undefined && { host }), port, exclusive: true })
    } catch (cause) {
      server.off("error", failed)
      failed(cause as NodeJS.ErrnoException)
    }
  })

/** Who calls: over IPv4 by its IPv4 address, also where a socket of IPv6 has heard it. `undefined` when it has gone already. */
const peerOf = ({ remoteAddress, remotePort }: Net.Socket): NetAddress.InetAddress | undefined => {
  if (remoteAddress === undefined || remotePort === undefined) return undefined
  // A link-local address names its interface, which may have gone meanwhile.
  const zones = remoteAddress.includes("%")
    ? NetAddress.scopeIdsFromInterfaces(Object.entries(Os.networkInterfaces()))
    : undefined
  const peer = NetAddress.inetAddressFromHostString(remoteAddress, remotePort, zones)
  return Result.getOrUndefined(Result.map(peer, NetAddress.toCanonical))
}

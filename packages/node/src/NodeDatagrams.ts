/**
 * The `Datagrams` port over Node's UDP sockets.
 *
 * Invariants: no error of a socket, nor of a packet, ends the process; what waits to be sent is bounded, and what goes beyond it is lost; a socket is closed with its scope.
 */
import { Datagrams, NoSocket } from "@unchoke/dht"
import { Effect, Layer, Result } from "effect"
import { NetAddress } from "effect/net"
import * as Dgram from "node:dgram"
import { bindReason } from "./bindReason.ts"

/** Packets that wait for the system to take them: it takes each at once, except when a line is full. */
const maxWaiting = 256

/** Everybody, or who is at an address of the machine. */
export const layerAt = (hosts: Readonly<Record<NetAddress.IpFamily, string>>): Layer.Layer<Datagrams> =>
  Layer.succeed(Datagrams)({
    open: Effect.fnUntraced(function* (family, ports, receive) {
      let failure = new NoSocket({ family, reason: "other" })
      for (const port of ports) {
        const socket = yield* Effect.result(bound(family, hosts[family], port))
        if (Result.isFailure(socket)) {
          failure = socket.failure
          continue
        }
        return yield* Effect.acquireRelease(
          Effect.sync(() => opened(socket.success, family, receive)),
          () => Effect.sync(() => void socket.success.close()),
        )
      }
      return yield* failure
    }),
  })

/** The `Datagrams` of this machine, at all its addresses. */
export const layer: Layer.Layer<Datagrams> = layerAt({ IPv4: "0.0.0.0", IPv6: "::" })

const opened = (
  socket: Dgram.Socket,
  family: NetAddress.IpFamily,
  receive: (packet: Uint8Array, from: NetAddress.InetAddress) => void,
) => {
  let waiting = 0
  const sent = () => void waiting--
  socket.on("message", (packet, { address, port }) => {
    const from = NetAddress.inetAddressFromIpString(address.split("%")[0]!, port)
    if (Result.isSuccess(from)) receive(packet, from.success)
  })
  return {
    port: socket.address().port,
    send: (packet: Uint8Array, to: NetAddress.InetAddress) => {
      if (waiting >= maxWaiting || NetAddress.familyOf(to) !== family || to.port === 0) return
      waiting++
      socket.send(packet, to.port, NetAddress.formatIp(to.address), sent)
    },
  }
}

/** A socket that listens at this port. An error that comes later belongs to a packet, and is that packet's loss. */
const bound = (family: NetAddress.IpFamily, host: string, port: number) =>
  Effect.callback<Dgram.Socket, NoSocket>((resume) => {
    const socket = Dgram.createSocket({ type: family === "IPv4" ? "udp4" : "udp6", ipv6Only: family === "IPv6" })
    const failed = (cause: NodeJS.ErrnoException) => {
      socket.close()
      resume(Effect.fail(new NoSocket({ family, reason: reasonOf(cause), cause })))
    }
    socket.once("error", failed)
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off("error", failed)
      socket.on("error", () => {})
      resume(Effect.succeed(socket))
    })
    return Effect.sync(() => {
      socket.off("error", failed)
      socket.on("error", () => {})
      socket.close()
    })
  })

const reasonOf = (cause: NodeJS.ErrnoException): NoSocket["reason"] =>
  cause.code === "EAFNOSUPPORT" || cause.code === "EADDRNOTAVAIL" ? "no such network" : bindReason(cause)

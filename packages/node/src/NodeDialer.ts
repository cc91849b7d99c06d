/** The `Dialer` port over TCP. */
import { Effect, Layer } from "effect"
import { NetAddress } from "effect/net"
import * as Os from "node:os"
import { Dialer } from "@unchoke/engine"
import * as ReadBuffers from "./ReadBuffers.ts"
import * as TcpSocket from "./TcpSocket.ts"

/** Dials peers by TCP (without Nagle's delay). */
export const layer: Layer.Layer<Dialer> = Layer.sync(Dialer, () => {
  const buffers = ReadBuffers.ofThisThread()
  return {
    dial: (peer) => Effect.suspend(() => TcpSocket.make({ host: hostOf(peer), port: peer.port }, buffers)),
  }
})

/** Node wants an IPv6 zone by its interface's name, so a link-local address costs a look at the interfaces. */
const hostOf = (peer: NetAddress.InetAddress): string =>
  NetAddress.isInetAddressV6(peer) && peer.scopeId !== 0
    ? NetAddress.formatNativeHost(
        peer,
        NetAddress.scopeIdsFromInterfaces(Object.entries(Os.networkInterfaces())),
        Os.platform(),
      )
    : NetAddress.formatHost(peer)

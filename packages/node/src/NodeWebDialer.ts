/** The `WebDialer` port over TCP and TLS. */
import { Effect, Layer } from "effect"
import { NetAddress } from "effect/net"
import { isIP } from "node:net"
import type { ConnectionOptions } from "node:tls"
import { WebDialer } from "unchoke"
import * as ReadBuffers from "./ReadBuffers.ts"
import * as TcpSocket from "./TcpSocket.ts"

export interface NodeWebDialerOptions {
  /** Whether a server's certificate is taken as it is, whoever signed it for whomever (default: no). */
  readonly insecure?: boolean
}

export const layer = ({ insecure = false }: NodeWebDialerOptions): Layer.Layer<WebDialer> =>
  Layer.sync(WebDialer, () => {
    const buffers = ReadBuffers.ofThisThread()
    return {
      dial: (address, serverName) => {
        const to = { host: NetAddress.formatHost(address), port: address.port }
        if (serverName === undefined) return TcpSocket.make(to, buffers)
        return Effect.flatMap(
          Effect.promise(() => import("node:tls")),
          (tls) =>
            TcpSocket.dialled(
              (onread) =>
                // `onread` is not in its types; it is in its documentation, for sockets that it makes itself.
                tls.connect({
                  ...to,
                  // A name is sent, an address is not (RFC 6066); both are checked.
                  ...(isIP(serverName) === 0 && { servername: serverName }),
                  checkServerIdentity: (_, certificate) => tls.checkServerIdentity(serverName, certificate),
                  rejectUnauthorized: !insecure,
                  ALPNProtocols: ["http/1.1"],
                  onread,
                } as ConnectionOptions),
              buffers,
              "secureConnect",
            ),
        )
      },
    }
  })

/** The `WebDialer` port over TCP and TLS. */
import { Effect, Layer } from "effect"
import { NetAddress } from "effect/net"
import { isIP } from "node:net"
import type { ConnectionOptions } from "node:tls"
import { WebDialer } from "@unchoke/engine"
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
        return Effect.flatMap(loadTls, ({ tls, trust }) => {
          const opening = (options: ConnectionOptions): TcpSocket.Opening => ({
            open: (onread) =>
              tls.connect({
                ...to,
                // A name is sent, an address is not (RFC 6066); both are checked.
                ...(isIP(serverName) === 0 && { servername: serverName }),
                checkServerIdentity: (_, certificate) => tls.checkServerIdentity(serverName, certificate),
                rejectUnauthorized: !insecure,
                ALPNProtocols: ["http/1.1"],
                ...options,
                // Not in its types, but in its documentation, for sockets that it makes itself.
                onread,
              } as ConnectionOptions),
            opened: "secureConnect",
          })
          return TcpSocket.dialled(
            {
              ...opening({}),
              otherwise: (cause) =>
                trust.isUntrusted(cause)
                  ? Effect.sync(() => opening({ secureContext: trust.trustingSystem() })).pipe(
                      // A store that cannot be read vouches for nobody.
                      Effect.catchDefect(() => Effect.undefined),
                    )
                  : Effect.undefined,
            },
            buffers,
          )
        })
      },
    }
  })

/** For the first server that speaks it. */
const loadTls = Effect.promise(() => Promise.all([import("node:tls"), import("./trust.ts")])).pipe(
  Effect.map(([tls, trust]) => ({ tls, trust })),
)

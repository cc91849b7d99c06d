/** The port to web servers: how an address is called, plainly or by TLS. */
import { Context, type Effect } from "effect"
import type { NetAddress } from "effect/net"
import type { Socket } from "effect/socket"

/** Provides connections to web servers. */
export class WebDialer extends Context.Service<
  WebDialer,
  {
    /**
     * A socket to that very address, which behaves as those of `Dialer` do; by TLS where a `serverName` is given, which the server has to prove it is. The certificate is part of the opening: whoever is
     * not trusted is not connected to.
     */
    readonly dial: (address: NetAddress.InetAddress, serverName: string | undefined) => Effect.Effect<Socket.Socket>
  }
>()("unchoke/WebDialer") {}

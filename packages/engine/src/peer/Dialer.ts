/** The port to the network: how a peer is called. */
import { Context, type Effect } from "effect"
import type { NetAddress } from "effect/net"
import type { Socket } from "effect/socket"

/**
 * Turns a peer's address into a socket. Acquiring the socket's `reader` connects, closing that scope hangs up, and interrupting it while it
 * connects gives up; time-outs are the caller's. The chunks that a reader yields may be borrowed: they are valid until its next `pull`.
 */
export class Dialer extends Context.Service<
  Dialer,
  { readonly dial: (peer: NetAddress.InetAddress) => Effect.Effect<Socket.Socket> }
>()("unchoke/Dialer") {}

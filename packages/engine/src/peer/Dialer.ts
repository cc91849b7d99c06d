/** The port to the network: how a peer is called. */
import { Context, type Effect } from "effect"
import type { NetAddress } from "effect/net"
import type { Socket } from "effect/socket"
import type { Errand } from "./Approach.ts"

/**
 * Turns a peer's address into a socket. Acquiring the socket's `reader` connects, closing that scope hangs up, and interrupting it while it
 * connects gives up; time-outs are the caller's. The chunks that a reader yields may be borrowed: they are valid until its next `pull`, and until then whoever reads may
 * change them. What the call is about matters to those who encrypt it.
 */
export class Dialer extends Context.Service<
  Dialer,
  {
    /** A socket to this peer, not connected yet. */
    readonly dial: (peer: NetAddress.InetAddress, errand: Errand) => Effect.Effect<Socket.Socket>
  }
>()("unchoke/Dialer") {}

/** The port to the network for datagrams: how a UDP tracker is called. */
import { Context, type Effect } from "effect"
import type { NetAddress } from "effect/net"
import type { DatagramSocket } from "effect/socket"

/**
 * Turns an address into a datagram socket that is connected to it: it sends nowhere else, hears nobody else, and learns when nobody is there. Acquiring
 * the socket's `reader` opens it, on a port of its own; closing that scope closes it.
 */
export class DatagramDialer extends Context.Service<
  DatagramDialer,
  {
    /** A socket to this address, not open yet. */
    readonly dial: (address: NetAddress.InetAddress) => Effect.Effect<DatagramSocket.DatagramSocket>
  }
>()("unchoke/DatagramDialer") {}

/** A peer that is connected, or about to be, before there is a swarm to take it in. */
import type { Effect } from "effect"
import type { NetAddress } from "effect/net"
import type { ConnectFailed, HandshakeFailed } from "../peer/errors.ts"
import type { Link } from "../peer/Link.ts"

export interface Guest {
  readonly peer: NetAddress.InetAddress
  /** Ends when its handshake is done, and it has been told who we are. */
  readonly link: Effect.Effect<Link, ConnectFailed | HandshakeFailed>
  /** Hangs up. */
  readonly leave: Effect.Effect<void>
}

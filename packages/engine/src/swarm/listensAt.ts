/** Where a peer that has called us says that it can be called (BEP 10). */
import { NetAddress } from "effect/net"
import type { Link } from "../peer/Link.ts"

export const listensAt = ({ peer, state }: Pick<Link, "peer" | "state">): NetAddress.InetAddress | undefined => {
  const port = state().extended?.port
  return port === undefined ? undefined : NetAddress.inetAddressUnsafe(peer.address, port)
}

/** Where a peer that has called us says that it can be called (BEP 10). */
import { NetAddress } from "effect/net"
import type { Link } from "../peer/Link.ts"

export const listensAt = (link: Pick<Link, "peer" | "state">): NetAddress.InetAddress | undefined => {
  const port = link.state().extended?.port
  return port === undefined ? undefined : NetAddress.inetAddressUnsafe(link.peer.address, port)
}

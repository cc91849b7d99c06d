/** What others may be told of a member (BEP 11): where it listens, if that is known. */
import { PeerExchange } from "@unchoke/protocol"
import { NetAddress } from "effect/net"
import type { Neighbour } from "../sources/exchange/Exchange.ts"
import type { Member } from "./Member.ts"

const { prefersEncryption, reachable, uploadOnly } = PeerExchange.flag

export const neighbourOf = ({ incoming, link, listens, pieces }: Member): Neighbour | undefined => {
  if (listens === undefined) return undefined
  const isSeed = pieces.complete || link.state().extended?.uploadOnly === true
  return {
    name: NetAddress.formatInet(listens),
    peer: listens,
    flags:
      (incoming ? 0 : reachable) |
      (isSeed ? uploadOnly : 0) |
      (link.seen().encrypted === undefined ? 0 : prefersEncryption),
  }
}

/**
 * The pieces that a peer may have though it is choked (BEP 6): the same few for everybody in a network of 256 addresses, so nobody gets more of them by coming from many.
 *
 * A chain of SHA-1: `seed` is hashed, and each hash again, and each of them names five pieces. Whoever can hash drives it.
 */
import { NetAddress } from "effect/net"

/** How many there are (BEP 6's `k`). */
export const size = 10

/** What the chain begins with: the peer's network and the info hash. There is none for IPv6, which BEP 6 does not know. */
export const seed = (address: NetAddress.IpAddress, infoHash: Uint8Array): Uint8Array | undefined => {
  const canonical = NetAddress.toCanonical(address)
  if (!NetAddress.isIpv4Address(canonical)) return undefined
  const [a, b, c] = NetAddress.ipv4ToOctets(canonical)
  return Uint8Array.from([a, b, c, 0, ...infoHash])
}

/** Adds the pieces that a hash of the chain names, in a torrent of so many, until there are `most`. */
export const add = (chosen: Set<number>, hash: Uint8Array, pieces: number, most = size): void => {
  const view = new DataView(hash.buffer, hash.byteOffset, hash.length)
  for (let at = 0; at + 4 <= hash.length && chosen.size < most; at += 4) chosen.add(view.getUint32(at) % pieces)
}

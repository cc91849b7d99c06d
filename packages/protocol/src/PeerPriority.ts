/**
 * How much two peers of a swarm should want to be connected (BEP 40): a number that both ends come to, and that neither can choose.
 *
 * Where everybody prefers the higher ones, the swarm becomes a random graph, and nobody fills our places by coming from one network.
 */
import { NetAddress } from "effect/net"

/** From 0 to 2^32 - 1, the same for both ends; `undefined` where one has an IPv4 address and the other an IPv6 one: they have no number in common. */
export const between = (one: NetAddress.InetAddress, other: NetAddress.InetAddress): number | undefined => {
  const [a, b] = [octets(one), octets(other)]
  if (a.length !== b.length) return undefined
  const same = a.findIndex((octet, at) => octet !== b[at])
  if (same < 0) return ofPair(portOf(one), portOf(other))
  // The network counts in full, and what comes behind it by half: of IPv4 16 bits, of IPv6 48, or one octet more than they share.
  const full = Math.max(same + 1, a.length === 4 ? 2 : 6)
  return ofPair(masked(a, full), masked(b, full))
}

const octets = ({ address }: NetAddress.InetAddress): ReadonlyArray<number> => {
  const canonical = NetAddress.toCanonical(address)
  return NetAddress.isIpv4Address(canonical) ? NetAddress.ipv4ToOctets(canonical) : NetAddress.ipv6ToOctets(canonical)
}

const portOf = ({ port }: NetAddress.InetAddress): ReadonlyArray<number> => [port >>> 8, port & 0xff]

const masked = (octets: ReadonlyArray<number>, full: number): ReadonlyArray<number> =>
  octets.map((octet, at) => (at < full ? octet : octet & 0x55))

/** The lower one first, or the two ends would not agree. */
const ofPair = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => {
  const at = a.findIndex((octet, at) => octet !== b[at])
  return crc32c(at >= 0 && a[at]! > b[at]! ? [...b, ...a] : [...a, ...b])
}

/** CRC-32C (Castagnoli), bit by bit: a few octets for each peer. */
const crc32c = (octets: ReadonlyArray<number>): number => {
  let crc = 0xffff_ffff
  for (const octet of octets) {
    crc ^= octet
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) * 0x82f6_3b78)
  }
  return ~crc >>> 0
}

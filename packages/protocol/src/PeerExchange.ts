/**
 * Peer exchange (BEP 11): whom a peer has come to be connected to since it last said so, and whom it has lost.
 *
 * Read with tolerance: a member that is not what it should be counts as absent, and what is more than a message may hold is not looked at.
 */
import { Result } from "effect"
import { NetAddress } from "effect/net"
import * as Bencode from "./Bencode.ts"
import * as PeerList from "./PeerList.ts"

/** So many peers of both families are added by one message, and so many dropped. */
export const most = 50

/** What is known of a peer that is named, as bits. */
export const flag = {
  prefersEncryption: 0x01,
  /** It has everything, or downloads no more. */
  uploadOnly: 0x02,
  /** Whoever names it has called it there. */
  reachable: 0x10,
} as const

/** A peer, and its flags. */
export interface Neighbour {
  readonly peer: NetAddress.InetAddress
  /** A byte. */
  readonly flags: number
}

/** Who has come and who has gone since the last message. */
export interface PeerExchange {
  readonly added: ReadonlyArray<Neighbour>
  readonly dropped: ReadonlyArray<NetAddress.InetAddress>
}

/** Reads the payload of an extended message; `undefined` where it is not a bencoded dictionary. Peers that cannot be called are left out, and so is who is named again. */
export const fromBytes = (payload: Uint8Array): PeerExchange | undefined => {
  const decoded = Result.getOrUndefined(Bencode.decodePrefix(payload, limits))
  const members = decoded && Bencode.asDictionary(decoded.value)
  if (members === undefined) return undefined
  const read = (key: string) => ({
    IPv4: neighbours(members, key, "IPv4"),
    IPv6: neighbours(members, `${key}6`, "IPv6"),
  })
  return { added: both(read("added")), dropped: both(read("dropped")).map(({ peer }) => peer) }
}

/** The payload that says it; to be of at most `most` added and dropped ones. */
export const toBytes = ({ added, dropped }: PeerExchange): Uint8Array => {
  const flags = (family: NetAddress.IpFamily) =>
    Uint8Array.from(added.filter(({ peer }) => NetAddress.familyOf(peer) === family).map(({ flags }) => flags))
  const peers = added.map(({ peer }) => peer)
  return Bencode.encode({
    added: PeerList.toBytes(peers, "IPv4"),
    "added.f": flags("IPv4"),
    added6: PeerList.toBytes(peers, "IPv6"),
    "added6.f": flags("IPv6"),
    dropped: PeerList.toBytes(dropped, "IPv4"),
    dropped6: PeerList.toBytes(dropped, "IPv6"),
  })
}

/** There are six members, and some clients have a few of their own. */
const limits = { maxTokens: 100 }

const neighbours = (
  members: Bencode.BencodeDictionary,
  key: string,
  family: NetAddress.IpFamily,
): ReadonlyArray<Neighbour> => {
  const peers = Bencode.bytes(members, key) ?? nothing
  const flags = Bencode.bytes(members, `${key}.f`) ?? nothing
  const size = PeerList.sizeOf(family)
  const count = Math.min(most, Math.floor(peers.length / size))
  const found: Array<Neighbour> = []
  for (let index = 0; index < count; index++) {
    const peer = PeerList.peerAt(peers, index * size, family)
    if (peer !== undefined) found.push({ peer, flags: flags[index] ?? 0 })
  }
  return found
}

/** As many as a message may hold: where both families together are more, each gives up what it has beyond its half. */
const both = ({ IPv4, IPv6 }: Readonly<Record<NetAddress.IpFamily, ReadonlyArray<Neighbour>>>) => {
  const ofIPv6 = Math.min(IPv6.length, Math.max(most / 2, most - IPv4.length))
  const all = [...IPv4.slice(0, most - ofIPv6), ...IPv6.slice(0, ofIPv6)]
  return [...new Map(all.map((neighbour) => [NetAddress.formatInet(neighbour.peer), neighbour])).values()]
}

const nothing = new Uint8Array(0)

/**
 * Peers that name other peers, and how far each is believed.
 *
 * Invariants: no informant, on however many connections, has more than its share of the candidates, and all of them together no more than half; none of them aims us at one host or one network; whoever
 * is on the internet cannot send us to what is in our own network.
 */
import type { PeerExchange } from "@unchoke/protocol"
import { NetAddress } from "effect/net"
import { type Added, type Candidates, most, mostPerHostByHearsay } from "../Candidates.ts"
import { isLocal } from "../trackers/localAddress.ts"

/** So many candidates may be there on one informant's word. */
export const share = 200

/** All informants together leave room for those whom others name. */
export const shareOfAll = most / 2

/** So many hosts of one network on the internet (/24, /48) may be there on one informant's word. */
export const mostPerNetwork = 8

/** So many informants are remembered; whoever comes after them shares what one may name. */
const mostInformants = 1000

export class Informants {
  readonly #candidates: Candidates
  readonly #shares = new Map<string, Share>()
  #all = 0

  constructor(candidates: Candidates) {
    this.#candidates = candidates
  }

  /** Takes in whom an informant names, as far as it is believed. */
  hear(informant: NetAddress.InetAddress, named: ReadonlyArray<PeerExchange.Neighbour>): Added {
    const share = this.#shareOf(informant)
    const mayBeLocal = isLocal(informant.address)
    const believed = named
      .map(({ peer }) => peer)
      .filter((peer) => {
        if (!mayBeLocal && isLocal(peer.address)) return false
        // Who is known already takes no room: its word is one more.
        if (this.#candidates.originsOf(peer).length > 0) return true
        return this.#all < shareOfAll && share.takes(peer)
      })
    const added = this.#candidates.add(believed, "pex", mostPerHostByHearsay)
    this.#all += added.fresh
    return added
  }

  #shareOf(informant: NetAddress.InetAddress): Share {
    const network = networkOf(informant, 64)
    const name = this.#shares.has(network) || this.#shares.size < mostInformants ? network : others
    const share = this.#shares.get(name) ?? new Share()
    this.#shares.set(name, share)
    return share
  }
}

/** The name under which those share who are too many to be remembered. */
const others = ""

/** What one informant has named. */
class Share {
  readonly #networks = new Map<string, number>()
  #named = 0

  /** Whether there is room for one more: then it is taken. */
  takes(peer: NetAddress.InetAddress): boolean {
    if (this.#named >= share) return false
    if (!isLocal(peer.address)) {
      const network = networkOf(peer, 48)
      const named = this.#networks.get(network) ?? 0
      if (named >= mostPerNetwork) return false
      this.#networks.set(network, named + 1)
    }
    this.#named++
    return true
  }
}

/** Who has one address of IPv6 has all of its network: 64 bits at least. An informant's IPv4 address is its own; what it names is counted by the /24. */
const networkOf = ({ address }: NetAddress.InetAddress, bits: 48 | 64): string =>
  NetAddress.isIpv4Address(address)
    ? NetAddress.ipv4ToOctets(address)
        .slice(0, bits === 48 ? 3 : 4)
        .join(".")
    : NetAddress.ipv6ToOctets(address)
        .slice(0, bits / 8)
        .join(":")

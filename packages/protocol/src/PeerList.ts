/** Peers as trackers list them: compact, 6 bytes each for IPv4 (BEP 23) and 18 for IPv6 (BEP 7), or as text. */
import { Result } from "effect"
import { NetAddress } from "effect/net"

/** More peers than this of one answer are not looked at: no tracker sends them, and a race dials a tenth of them. */
export const maxPeers = 2000

/** Collects peers that can be called: each once, no port 0, no address that belongs to nobody or to many. */
export class Collector {
  readonly peers: Array<NetAddress.InetAddress> = []
  readonly #seen = new Set<string>()

  /** Adds compact peers; bytes that are left over at the end are ignored. */
  addCompact(bytes: Uint8Array | undefined, family: NetAddress.IpFamily): void {
    if (bytes === undefined) return
    const size = sizeOf(family)
    for (let at = 0; at + size <= bytes.length && this.peers.length < maxPeers; at += size) {
      this.#add(peerAt(bytes, at, family))
    }
  }

  /** Adds a peer given by its numeric address; a host name is ignored. */
  addText(ip: string, port: number): void {
    const address = NetAddress.ipFromString(ip)
    if (Result.isSuccess(address)) this.#add(callable(address.success, port))
  }

  #add(peer: NetAddress.InetAddress | undefined): void {
    if (this.peers.length >= maxPeers || peer === undefined) return
    const name = NetAddress.formatInet(peer)
    if (this.#seen.has(name)) return
    this.#seen.add(name)
    this.peers.push(peer)
  }
}

/** Bytes of a compact peer. */
export const sizeOf = (family: NetAddress.IpFamily): number => addressSize[family] + 2

/** The compact peer that begins there and is all there; `undefined` where it cannot be called. */
export const peerAt = (
  bytes: Uint8Array,
  at: number,
  family: NetAddress.IpFamily,
): NetAddress.InetAddress | undefined => {
  const end = at + addressSize[family]
  const address = Result.getOrUndefined(NetAddress.ipFromInput(bytes.slice(at, end)))
  return address && callable(address, (bytes[end]! << 8) | bytes[end + 1]!)
}

const callable = (ip: NetAddress.IpAddress, port: number): NetAddress.InetAddress | undefined => {
  const address = NetAddress.toCanonical(ip)
  if (port === 0 || !NetAddress.isUnicast(address)) return undefined
  return Result.getOrUndefined(NetAddress.inetAddress(address, port))
}

/** The peers of one family, compact. */
export const toBytes = (peers: ReadonlyArray<NetAddress.InetAddress>, family: NetAddress.IpFamily): Uint8Array =>
  Uint8Array.from(
    peers
      .filter((peer) => NetAddress.familyOf(peer) === family)
      .flatMap(({ address, port }) => [
        ...(NetAddress.isIpv4Address(address) ? NetAddress.ipv4ToOctets(address) : NetAddress.ipv6ToOctets(address)),
        port >> 8,
        port & 0xff,
      ]),
  )

const addressSize: Readonly<Record<NetAddress.IpFamily, number>> = { IPv4: 4, IPv6: 16 }

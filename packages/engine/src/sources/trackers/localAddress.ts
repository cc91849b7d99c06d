/** Which addresses are in the user's own network: a torrent must not aim us at what answers there. */
import { Result } from "effect"
import { IpNetwork, NetAddress } from "effect/net"

/** Whether an address is this machine's or of a network that is not the internet: loopback, private, link-local, unspecified, shared (RFC 6598). */
export const isLocal = (ip: NetAddress.IpAddress): boolean => {
  const address = embedded(NetAddress.toCanonical(ip))
  if (NetAddress.isLoopback(address) || NetAddress.isLinkLocal(address) || NetAddress.isUnspecified(address))
    return true
  return NetAddress.isIpv4Address(address)
    ? NetAddress.isPrivate(address) || IpNetwork.contains(shared, address) || IpNetwork.contains(thisNetwork, address)
    : NetAddress.isUniqueLocal(address) || IpNetwork.contains(siteLocal, address)
}

/** The IPv4 address that a NAT64 address leads to (RFC 6052), or the address itself. */
const embedded = (address: NetAddress.IpAddress): NetAddress.IpAddress => {
  if (NetAddress.isIpv4Address(address) || !IpNetwork.contains(nat64, address)) return address
  return Result.getOrElse(
    NetAddress.ipFromInput(Uint8Array.from(NetAddress.ipv6ToOctets(address).slice(-4))),
    () => address,
  )
}

const shared = IpNetwork.fromStringUnsafe("100.64.0.0/10")
const thisNetwork = IpNetwork.fromStringUnsafe("0.0.0.0/8")
const siteLocal = IpNetwork.fromStringUnsafe("fec0::/10")
const nat64 = IpNetwork.fromStringUnsafe("64:ff9b::/96")

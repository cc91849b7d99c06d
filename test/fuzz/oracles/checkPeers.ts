/** Peers that a tracker names must be such as can be called. */
import { NetAddress } from "effect/net"
import { check } from "./check.ts"

export const checkPeers = (peers: ReadonlyArray<NetAddress.InetAddress>): void => {
  check(peers.length <= 2000, "too many peers", peers.length)
  const names = peers.map((peer) => NetAddress.formatInet(peer))
  check(new Set(names).size === names.length, "a peer twice", names)
  for (const [i, { address, port }] of peers.entries()) {
    check(Number.isInteger(port) && port > 0 && port < 65_536, "an impossible port", names[i])
    const octets = NetAddress.isIpv4Address(address)
      ? NetAddress.ipv4ToOctets(address)
      : NetAddress.ipv6ToOctets(address)
    check(!octets.every((octet) => octet === 0), "nobody's address", names[i])
    check(!octets.every((octet) => octet === 255), "everybody's address", names[i])
    const many = NetAddress.isIpv4Address(address) ? octets[0]! >> 4 === 0xe : octets[0] === 0xff
    check(!many, "an address of many", names[i])
    const mapped = octets.length === 16 && octets.slice(0, 10).every((octet) => octet === 0) && octets[10] === 255
    check(!(mapped && octets[11] === 255), "an IPv4 address in disguise", names[i])
  }
}

/** A sentence for people. */
export const checkSentence = (text: string | undefined): void => {
  if (text === undefined) return
  check(text.length <= 300 && text.isWellFormed() && !/[\p{Cc}\p{Cf}]/u.test(text), "not a sentence", text)
}

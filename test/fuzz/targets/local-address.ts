/** Which addresses are in the user's own network, by Node's own `BlockList`: what a torrent names must not reach them. */
import { Result } from "effect"
import { NetAddress } from "effect/net"
import { BlockList } from "node:net"
import { isLocal } from "@unchoke/engine/internal"
import { check } from "../oracles/check.ts"
import type { Target } from "./Target.ts"

export const localAddress: Target = {
  name: "local-address",
  shape: "bytes",
  maxLength: 16,
  workPerByte: 60,
  samples: () =>
    ["127.0.0.1", "10.1.2.3", "8.8.8.8", "::1", "2001:db8::1", "fe80::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"].map(
      (text) => {
        const address = NetAddress.ipFromStringUnsafe(text)
        return Uint8Array.from(
          NetAddress.isIpv4Address(address) ? NetAddress.ipv4ToOctets(address) : NetAddress.ipv6ToOctets(address),
        )
      },
    ),
  run: (bytes) => {
    const address = NetAddress.ipFromInput(bytes)
    if (Result.isFailure(address)) return check(bytes.length !== 4 && bytes.length !== 16, "not an address")
    const name = NetAddress.formatIp(address.success)
    const again = NetAddress.ipFromString(name)
    check(
      Result.isSuccess(again) && NetAddress.formatIp(again.success) === name,
      "an address does not survive its text",
      name,
    )
    check(isLocal(address.success) === isListed(bytes), "local to one, not to the other", name)
  },
}

const local = new BlockList()
for (const network of "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16".split(
  " ",
)) {
  const [base, prefix] = network.split("/")
  local.addSubnet(base!, Number(prefix), "ipv4")
  // As IPv4-mapped addresses, which Node's list does not take for the same, and behind NAT64.
  for (const within of ["::ffff:", "64:ff9b::"]) local.addSubnet(within + base!, 96 + Number(prefix), "ipv6")
}
for (const network of "::/128 ::1/128 fc00::/7 fe80::/10 fec0::/10".split(" ")) {
  const [base, prefix] = network.split("/")
  local.addSubnet(base!, Number(prefix), "ipv6")
}

const isListed = (bytes: Uint8Array): boolean => {
  if (bytes.length === 4) return local.check(bytes.join("."), "ipv4")
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16))
  return local.check(groups.join(":"), "ipv6")
}

/** Names by the system's resolver: the hosts file, DNS, mDNS and whatever else this machine is set up to ask. */
import * as NodeAddressResolver from "@effect/platform-node/NodeAddressResolver"
import * as NodeDns from "@effect/platform-node/NodeDns"
import { Layer } from "effect"
import type { AddressResolver } from "effect/net"

// `getaddrinfo` and not Node's own resolver, which can be called off but knows nothing except DNS.
/** The system's resolver. */
export const layer: Layer.Layer<AddressResolver.AddressResolver> = Layer.provide(
  NodeAddressResolver.layer,
  NodeDns.layer,
)

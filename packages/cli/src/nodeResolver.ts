/** What `lookedUp` imports late. */
import { NodeResolver } from "@unchoke/node"
import { Effect } from "effect"
import { AddressResolver, type Host } from "effect/net"
import { addressesOf } from "@unchoke/engine"

export const find = (endpoint: Host.HostPort) =>
  AddressResolver.AddressResolver.use((resolver) => addressesOf(endpoint, resolver)).pipe(
    Effect.provide(NodeResolver.layer),
  )

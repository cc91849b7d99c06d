/** What `lookedUp` imports late. */
import { NodeResolver } from "@unchoke/node"
import { Effect } from "effect"
import { AddressResolver, type Host } from "effect/net"
import { namedPeer } from "unchoke"

export const find = (name: string, endpoint: Host.HostPort) =>
  AddressResolver.AddressResolver.use((resolver) => namedPeer(name, endpoint, resolver).find).pipe(
    Effect.provide(NodeResolver.layer),
  )

/** Peers that were given by name. Only who gives one loads a resolver. */
import { Effect } from "effect"
import { Host } from "effect/net"
import type { PeerSource } from "unchoke"

export const lookedUp = (endpoint: Host.HostPort): PeerSource => {
  const name = `--peer ${Host.formatHostPort(endpoint)}`
  return {
    name,
    find: Effect.flatMap(
      Effect.promise(() => import("./nodeResolver.ts")),
      ({ find }) => find(name, endpoint),
    ),
  }
}

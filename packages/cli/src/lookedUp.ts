/** Peers that were given by name. Only who gives one loads a resolver. */
import { Effect } from "effect"
import { Host } from "effect/net"
import { once, type Origin, type PeerSource } from "@unchoke/engine"

export const lookedUp = (endpoint: Host.HostPort, flag = "--peer", origin: Origin = "you"): PeerSource =>
  once(
    `${flag} ${Host.formatHostPort(endpoint)}`,
    origin,
    Effect.flatMap(
      Effect.promise(() => import("./nodeResolver.ts")),
      ({ find }) => find(endpoint),
    ),
  )

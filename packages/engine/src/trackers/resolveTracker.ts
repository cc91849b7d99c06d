/** The addresses of a tracker. */
import type { AnnounceUrl } from "@unchoke/protocol"
import { Effect } from "effect"
import { type AddressResolver, Host, NetAddress } from "effect/net"
import { TrackerProblem } from "./TrackerFailed.ts"

/** One address of each family that a tracker's host has, IPv4 first: who asks from there learns the peers that anyone can call. Fails with `UnknownHost`. */
export const resolveTracker = Effect.fnUntraced(function* (
  resolver: AddressResolver.AddressResolver["Service"],
  url: AnnounceUrl.AnnounceUrl,
): Effect.fn.Return<ReadonlyArray<NetAddress.InetAddress>, TrackerProblem> {
  const addresses = yield* Effect.mapError(resolver.resolve(Host.hostPortUnsafe(url.host, url.port)), () =>
    TrackerProblem.make({ _tag: "UnknownHost", host: Host.formatHost(url.host) }),
  )
  return (["IPv4", "IPv6"] as const).flatMap((family) =>
    addresses.filter((address) => NetAddress.familyOf(address) === family).slice(0, 1),
  )
})

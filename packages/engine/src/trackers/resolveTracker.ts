/** The addresses of a tracker. */
import type { AnnounceUrl } from "@unchoke/protocol"
import { Effect } from "effect"
import { AddressResolver, Host, NetAddress } from "effect/net"
import { TrackerProblem } from "./TrackerFailed.ts"

/**
 * All addresses of a tracker's host, those of IPv4 first: its peers can be called by everyone. At most two of each family are worth a try.
 * Fails with `UnknownHost`.
 */
export const resolveTracker = Effect.fnUntraced(function* (
  resolver: AddressResolver.AddressResolver["Service"],
  url: AnnounceUrl.AnnounceUrl,
): Effect.fn.Return<ReadonlyArray<NetAddress.InetAddress>, TrackerProblem> {
  const addresses = yield* Effect.mapError(resolver.resolve(Host.hostPortUnsafe(url.host, url.port)), () =>
    TrackerProblem.make({ _tag: "UnknownHost", host: Host.formatHost(url.host) }),
  )
  const ofFamily = (family: NetAddress.IpFamily) =>
    addresses.filter((address) => NetAddress.familyOf(address) === family)
  return [...ofFamily("IPv4"), ...ofFamily("IPv6")]
})

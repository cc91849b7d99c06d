/** The addresses of a tracker. */
import type { AnnounceUrl } from "@unchoke/protocol"
import { Effect } from "effect"
import { type AddressResolver, Dns, Host, NetAddress } from "effect/net"
import { TrackerProblem } from "./TrackerFailed.ts"

/** More addresses of one host are not called: a name with hundreds wants to aim us at somebody. */
export const maxAddresses = 16

/**
 * The addresses that a tracker's host has, the families in turn, IPv4 first: who asks from there learns the peers that anyone can call. Fails with `UnknownHost` or `LookupFailed`.
 */
export const resolveTracker = Effect.fnUntraced(function* (
  resolver: AddressResolver.AddressResolver["Service"],
  url: AnnounceUrl.AnnounceUrl,
): Effect.fn.Return<ReadonlyArray<NetAddress.InetAddress>, TrackerProblem> {
  const host = Host.formatHost(url.host)
  const addresses = yield* Effect.mapError(resolver.resolve(Host.hostPortUnsafe(url.host, url.port)), (error) =>
    error instanceof Dns.DnsError && error.reason !== "NotFound"
      ? TrackerProblem.make({ _tag: "LookupFailed", host, reason: error.reason })
      : TrackerProblem.make({ _tag: "UnknownHost", host }),
  )
  const [four, six] = (["IPv4", "IPv6"] as const).map((family) =>
    addresses.filter((address) => NetAddress.familyOf(address) === family),
  ) as [Array<NetAddress.InetAddress>, Array<NetAddress.InetAddress>]
  return Array.from({ length: Math.max(four.length, six.length) }, (_, i) => [four[i], six[i]])
    .flat()
    .filter((address) => address !== undefined)
    .slice(0, maxAddresses)
})

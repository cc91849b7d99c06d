/** The addresses of a host, be it a tracker's or a peer's. */
import { Duration, Effect, identity } from "effect"
import { type AddressResolver, Dns, Host, NetAddress } from "effect/net"
import { spanned } from "../observe/Trace.ts"
import type { TrackerProblem } from "./trackers/TrackerFailed.ts"

/** More addresses of one host are not called: a name with hundreds wants to aim us at somebody. */
export const maxAddresses = 16

/** A look-up that takes longer has lost its name server. */
export const lookupDeadline = Duration.seconds(10)

export type LookupProblem = Extract<TrackerProblem, { _tag: "UnknownHost" | "LookupFailed" }>

/** The addresses that a host has, the families in turn, IPv4 first: who calls a tracker from there learns the peers that anyone can call. */
export const resolveHost = Effect.fnUntraced(function* (
  resolver: AddressResolver.AddressResolver["Service"],
  endpoint: Host.HostPort,
): Effect.fn.Return<ReadonlyArray<NetAddress.InetAddress>, LookupProblem> {
  const host = Host.formatHost(endpoint.host)
  const failed = (reason: string): LookupProblem => ({ _tag: "LookupFailed", host, reason })
  const addresses = yield* resolver.resolve(endpoint).pipe(
    NetAddress.isIpAddress(endpoint.host) ? identity : spanned("unchoke.lookup", () => ({ host })),
    Effect.mapError((error) =>
      error instanceof Dns.DnsError && error.reason !== "NotFound"
        ? failed(error.reason)
        : ({ _tag: "UnknownHost", host } as const),
    ),
    Effect.timeoutOrElse({ duration: lookupDeadline, orElse: () => Effect.fail(failed("Timeout")) }),
  )
  const four = addresses.filter((address) => NetAddress.familyOf(address) === "IPv4")
  const six = addresses.filter((address) => NetAddress.familyOf(address) === "IPv6")
  return Array.from({ length: Math.max(four.length, six.length) }, (_, i) => [four[i], six[i]])
    .flat()
    .filter((address) => address !== undefined)
    .slice(0, maxAddresses)
})

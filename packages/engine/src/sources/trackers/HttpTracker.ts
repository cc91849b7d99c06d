/**
 * Announces over HTTP (BEP 3, 7, 23).
 *
 * Bounded: 15 s for everything, 2 MiB of answer, 5 redirects. A torrent names its trackers, so it could aim us at the user's own network; therefore
 * each address is checked before it is called, and over plain HTTP exactly the checked address is called, whatever the name leads to by then.
 */
import { AnnounceRequest, AnnounceUrl, type TrackerReply } from "@unchoke/protocol"
import { Duration, Effect, Option, Result } from "effect"
import { Headers, HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { AddressResolver, Host, NetAddress } from "effect/net"
import { resolveHost } from "../resolveHost.ts"
import { version } from "../../peer/Self.ts"
import { type Answered, Hosts } from "./Hosts.ts"
import { answerOf, badAnswer, type Gunzip } from "./HttpAnswer.ts"
import { isLocal } from "./localAddress.ts"
import { TrackerProblem } from "./TrackerFailed.ts"
import { unreachable } from "./unreachable.ts"

/** How long an announce may take, redirects included. */
export const answerDeadline = Duration.seconds(15)

export const maxRedirects = 5

export interface HttpTrackerOptions {
  /** Whether local addresses are protected. */
  readonly mitigateSsrf: boolean
  readonly gunzip: Gunzip | undefined
}

export type HttpAnnounce = (
  url: AnnounceUrl.AnnounceUrl,
  request: AnnounceRequest.AnnounceRequest,
) => Effect.Effect<Answered<TrackerReply.Announced>, TrackerProblem>

/** How to announce with the `HttpClient` at hand. It must neither follow redirects by itself nor replace the header `Host`, by which it is to know the name of a TLS server. */
export const make = Effect.fnUntraced(function* (
  options: HttpTrackerOptions,
): Effect.fn.Return<HttpAnnounce, never, HttpClient.HttpClient | AddressResolver.AddressResolver> {
  const client = yield* HttpClient.HttpClient
  const resolver = yield* AddressResolver.AddressResolver
  const hosts = new Hosts()

  /** What one address answers: where it redirects us to, or its reply. */
  const call = Effect.fnUntraced(function* (
    url: AnnounceUrl.AnnounceUrl,
    target: string,
    at: NetAddress.InetAddress,
  ): Effect.fn.Return<string | TrackerReply.Announced, TrackerProblem> {
    const request = HttpClientRequest.get(`${url.scheme}://${NetAddress.formatInet(at)}${target}`, {
      headers: {
        host: AnnounceUrl.authority(url),
        "user-agent": `unchoke/${version}`,
        // Asked for as it is: an answer is small, and what unpacks to more than it weighs is a risk.
        "accept-encoding": "identity",
      },
    })
    const response = yield* Effect.mapError(client.execute(request), unreachable)
    return redirectOf(response) ?? (yield* answerOf(response, options.gunzip))
  })

  const announce = Effect.fnUntraced(function* (
    tracker: AnnounceUrl.AnnounceUrl,
    request: AnnounceRequest.AnnounceRequest,
  ): Effect.fn.Return<Answered<TrackerReply.Announced>, TrackerProblem> {
    let url = tracker
    let target = AnnounceUrl.target(url, AnnounceRequest.toQuery(request))
    let cameFromPublic = false
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const addresses = yield* resolveHost(resolver, Host.hostPortUnsafe(url.host, url.port))
      const allowed: ReadonlyArray<NetAddress.InetAddress> = options.mitigateSsrf
        ? yield* harmless(addresses, url, cameFromPublic)
        : addresses
      const { by, reply } = yield* hosts.call(AnnounceUrl.origin(url), allowed, (at) => call(url, target, at))
      if (typeof reply !== "string") return { by, reply }
      cameFromPublic = !isLocal(by)
      const next = AnnounceUrl.redirected(url, reply)
      if (Result.isFailure(next)) return yield* Effect.fail(badAnswer(`a redirect that leads nowhere: ${next.failure}`))
      if (next.success.scheme === "udp") return yield* Effect.fail(badAnswer("a redirect from HTTP to UDP"))
      url = next.success
      target = AnnounceUrl.target(url)
    }
    return yield* Effect.fail(TrackerProblem.make({ _tag: "TooManyRedirects", limit: maxRedirects }))
  })

  return (url, request) =>
    announce(url, request).pipe(
      Effect.timeoutOrElse({ duration: answerDeadline, orElse: () => Effect.fail(timedOut(answerDeadline)) }),
      // Trace headers would tell a stranger about the embedding program.
      Effect.provideService(HttpClient.TracerPropagationEnabled, false),
      // Its spans would tell the whole URL, with the pass key that may be in it.
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
    )
})

/** How the path of a tracker in the local network begins; anything else there is none of a torrent's business (libtorrent's rule). */
const announcePath = "/announce"

/** Whether a path begins so, and does not lead back from there. */
const isForAnnounces = (path: string): boolean =>
  path.startsWith(announcePath) && !path.split("/").some((segment) => /^(\.|%2e){1,2}$/i.test(segment))

/** Those of a host's addresses that may be called. */
const harmless = (
  addresses: ReadonlyArray<NetAddress.InetAddress>,
  { path }: AnnounceUrl.AnnounceUrl,
  cameFromPublic: boolean,
): Effect.Effect<ReadonlyArray<NetAddress.InetAddress>, TrackerProblem> => {
  const mayBeLocal = !cameFromPublic && isForAnnounces(path)
  const allowed = addresses.filter(({ address }) => mayBeLocal || !isLocal(address))
  if (allowed.length > 0) return Effect.succeed(allowed)
  return Effect.fail(
    TrackerProblem.make({
      _tag: "Forbidden",
      why: cameFromPublic
        ? "a redirect leads from the internet into the local network"
        : `it is in the local network, and its path is not one of ${announcePath}`,
    }),
  )
}

const timedOut = (waited: Duration.Duration): TrackerProblem => TrackerProblem.make({ _tag: "TimedOut", waited })

const redirectOf = (response: HttpClientResponse.HttpClientResponse): string | undefined =>
  [301, 302, 303, 307, 308].includes(response.status)
    ? Option.getOrUndefined(Headers.get(response.headers, "location"))
    : undefined

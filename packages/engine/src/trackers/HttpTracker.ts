/**
 * Announces over HTTP (BEP 3, 7, 23).
 *
 * Bounded: 15 s for everything, 2 MiB of answer, 5 redirects. A torrent names its trackers, so it could aim us at the user's own network; therefore
 * each address is checked before it is called, and over plain HTTP exactly the checked address is called, whatever the name leads to by then.
 */
import { AnnounceRequest, AnnounceUrl, TrackerReply } from "@unchoke/protocol"
import { Bytes, Duration, Effect, Option, Result, Stream } from "effect"
import { Headers, HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { AddressResolver, NetAddress } from "effect/net"
import { version } from "../Self.ts"
import { isLocal } from "./localAddress.ts"
import { resolveTracker } from "./resolveTracker.ts"
import { TrackerProblem } from "./TrackerFailed.ts"

/** How long an announce may take, redirects included. */
export const answerDeadline = Duration.seconds(15)

/** How long the first address may take before the next one is tried, where there is one. */
export const firstAddressDeadline = Duration.seconds(5)

/** More than any honest answer: 2000 peers as dictionaries are 150 KiB. */
export const maxAnswerLength = 2 * 1024 * 1024

export const maxRedirects = 5

export interface HttpTrackerOptions {
  /** Whether local addresses are protected. Without it, names are left to the client. */
  readonly mitigateSsrf: boolean
  /** Unpacks an answer that was packed without being asked for; without it such an answer is a bad one. */
  readonly gunzip: Gunzip | undefined
}

/** Unpacks what gzip has packed, into at most `limit` bytes; `undefined` when it would be more, and a reason when it is not gzip's. */
export type Gunzip = (packed: Uint8Array, limit: number) => Effect.Effect<Uint8Array | undefined, string>

export type HttpAnnounce = (
  url: AnnounceUrl.AnnounceUrl,
  request: AnnounceRequest.AnnounceRequest,
) => Effect.Effect<TrackerReply.Announced, TrackerProblem>

/** How to announce with the `HttpClient` at hand. It must neither follow redirects by itself nor, for the protection to work, replace the header `Host`. */
export const make = Effect.fnUntraced(function* (
  options: HttpTrackerOptions,
): Effect.fn.Return<HttpAnnounce, never, HttpClient.HttpClient | AddressResolver.AddressResolver> {
  const client = yield* HttpClient.HttpClient
  const resolver = yield* AddressResolver.AddressResolver

  const call = Effect.fnUntraced(
    function* (url: AnnounceUrl.AnnounceUrl, target: string, at: NetAddress.InetAddress | undefined) {
      const origin =
        at === undefined || url.scheme === "https" ? AnnounceUrl.origin(url) : `http://${NetAddress.formatInet(at)}`
      const response = yield* client.execute(
        HttpClientRequest.get(origin + target, {
          headers: {
            host: AnnounceUrl.authority(url),
            "user-agent": `unchoke/${version}`,
            // Asked for as it is: an answer is small, and what unpacks to more than it weighs is a risk.
            "accept-encoding": "identity",
          },
        }),
      )
      return { response, body: yield* unpacked(response, yield* readBody(response)) }
    },
    Effect.catchTag("HttpClientError", ({ cause }) => Effect.fail(TrackerProblem.make({ _tag: "Unreachable", cause }))),
  )

  const unpacked = (response: HttpClientResponse.HttpClientResponse, body: Uint8Array) => {
    const encoding = Option.getOrElse(Headers.get(response.headers, "content-encoding"), () => "identity")
    if (options.gunzip === undefined || !/^(x-)?gzip$/i.test(encoding)) return Effect.succeed(body)
    return options.gunzip(body, maxAnswerLength).pipe(
      Effect.mapError((why) => badAnswer(`not what gzip packs: ${why}`)),
      Effect.flatMap((bytes) => (bytes === undefined ? Effect.fail(tooLong) : Effect.succeed(bytes))),
    )
  }

  /** Calls one address after the other until one answers. */
  const callAny = (
    url: AnnounceUrl.AnnounceUrl,
    target: string,
    [first, ...others]: ReadonlyArray<NetAddress.InetAddress>,
  ): ReturnType<typeof call> =>
    others.length === 0
      ? call(url, target, first)
      : call(url, target, first).pipe(
          Effect.timeoutOrElse({
            duration: firstAddressDeadline,
            orElse: () => Effect.fail(timedOut(firstAddressDeadline)),
          }),
          Effect.catchTag(["Unreachable", "TimedOut"], () => callAny(url, target, others)),
        )

  const announce = Effect.fnUntraced(function* (
    tracker: AnnounceUrl.AnnounceUrl,
    request: AnnounceRequest.AnnounceRequest,
  ) {
    let url = tracker
    let target = AnnounceUrl.target(url, AnnounceRequest.toQuery(request))
    let cameFromPublic = false
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      let addresses: ReadonlyArray<NetAddress.InetAddress> = []
      if (options.mitigateSsrf) {
        addresses = yield* resolveTracker(resolver, url)
        const local = addresses.some(({ address }) => isLocal(address))
        if (local && cameFromPublic)
          return yield* forbidden("a redirect leads from the internet into the local network")
        if (local && url.path !== announcePath) {
          return yield* forbidden(`it is in the local network, and its path is not ${announcePath}`)
        }
        cameFromPublic = !local
      }
      const { body, response } = yield* callAny(url, target, addresses)
      const location = redirectOf(response)
      if (location === undefined) return yield* replyOf(response, body)
      const next = AnnounceUrl.redirected(url, location)
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
    )
})

/** What a tracker in the local network is called by; anything else there is none of a torrent's business. */
const announcePath = "/announce"

const timedOut = (waited: Duration.Duration): TrackerProblem => TrackerProblem.make({ _tag: "TimedOut", waited })

const tooLong = TrackerProblem.make({ _tag: "AnswerTooLong", limit: maxAnswerLength })

const badAnswer = (why: string): TrackerProblem => TrackerProblem.make({ _tag: "BadAnswer", why })

const forbidden = (why: string): Effect.Effect<never, TrackerProblem> =>
  Effect.fail(TrackerProblem.make({ _tag: "Forbidden", why }))

const redirectOf = (response: HttpClientResponse.HttpClientResponse): string | undefined =>
  [301, 302, 303, 307, 308].includes(response.status)
    ? Option.getOrUndefined(Headers.get(response.headers, "location"))
    : undefined

/** Reads the body as it comes, and stops at the limit. */
const readBody = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.gen(function* () {
    const chunks: Array<Uint8Array> = []
    let length = 0
    yield* Stream.runForEach(response.stream, (chunk) => {
      chunks.push(chunk)
      length += chunk.length
      return length <= maxAnswerLength ? Effect.void : Effect.fail(tooLong)
    })
    return Bytes.concat(chunks)
  })

/** Some trackers refuse with an error status; their reason says more than it. */
const replyOf = (
  { status }: HttpClientResponse.HttpClientResponse,
  body: Uint8Array,
): Effect.Effect<TrackerReply.Announced, TrackerProblem> => {
  const reply = TrackerReply.fromBytes(body)
  if (Result.isSuccess(reply) && reply.success._tag === "Refused") {
    return Effect.fail(TrackerProblem.make({ _tag: "Refused", reason: reply.success.reason }))
  }
  if (status !== 200) return Effect.fail(TrackerProblem.make({ _tag: "HttpStatus", status }))
  return Result.isSuccess(reply) && reply.success._tag === "Announced"
    ? Effect.succeed(reply.success)
    : Effect.fail(badAnswer(Result.getOrElse(Result.flip(reply), () => "")))
}

/**
 * Web servers, asked for parts of files (RFC 9110).
 *
 * Bounded: so many redirects, so many requests a host at once, so many connections kept. A torrent names its web seeds, so it could aim us at the user's own network: each address is looked at before it is
 * called, and exactly that address is called, whatever the name leads to by then.
 */
import { AnnounceUrl, HttpFields, type HttpHead } from "@unchoke/protocol"
import { Clock, Duration, Effect, Exit, Layer, Result, Scope } from "effect"
import type { NetAddress } from "effect/net"
import { AddressResolver, Host } from "effect/net"
import { version } from "../../peer/Self.ts"
import { resolveHost } from "../resolveHost.ts"
import { isLocal } from "../trackers/localAddress.ts"
import { type HttpConnection, open } from "./HttpConnection.ts"
import { Turns } from "./Turns.ts"
import { WebDialer } from "./WebDialer.ts"
import type { WebProblem } from "./WebProblem.ts"
import { type Body, type FilePart, type Lane, WebServer } from "./WebServer.ts"

export const maxRedirects = 5

/** Connections that a lane keeps: to the server that it asks, and to those that it is redirected to. */
const mostKept = 4

/** Bytes of an answer that is of no use which are read all the same, so that its connection can be. */
const worthReading = 65_536

/** A later `Retry-After` is not waited for. */
export const longestRetryAfter = Duration.hours(1)

export interface WebServerOptions {
  /** Whether a torrent is kept from aiming us at the user's own network (default: yes): a server there is sent no query, and no redirect leads from the internet to one. */
  readonly mitigateSsrf?: boolean
}

/** Web servers over the `WebDialer` and the resolver at hand. */
export const layerWith = ({
  mitigateSsrf = true,
}: WebServerOptions): Layer.Layer<WebServer, never, WebDialer | AddressResolver.AddressResolver> =>
  Layer.effect(
    WebServer,
    Effect.gen(function* () {
      const dialer = yield* WebDialer
      const resolver = yield* AddressResolver.AddressResolver
      const turns = new Turns()
      return { lane: makeLane({ dialer, resolver, turns, mitigateSsrf }) }
    }),
  )

export const layer = layerWith({})

interface Means {
  readonly dialer: WebDialer["Service"]
  readonly resolver: AddressResolver.AddressResolver["Service"]
  readonly turns: Turns
  readonly mitigateSsrf: boolean
}

/** Where something is, and whether somebody on the internet has led us there. */
interface Place {
  readonly url: AnnounceUrl.AnnounceUrl
  readonly cameFromPublic: boolean
}

interface Kept {
  readonly connection: HttpConnection
  readonly scope: Scope.Closeable
}

interface Answered {
  readonly one: Kept
  readonly head: HttpHead.HttpHead
}

const makeLane = Effect.fnUntraced(function* ({ dialer, mitigateSsrf, resolver, turns }: Means) {
  const scope = yield* Effect.scope
  const turn = turns.turn()
  yield* Effect.addFinalizer(() => turn.end)
  /** By the origin. */
  const kept = new Map<string, Kept>()
  /** Where an URL led to at last. */
  const redirects = new Map<string, Place>()

  const connect = Effect.fnUntraced(function* (
    url: AnnounceUrl.AnnounceUrl,
    cameFromPublic: boolean,
  ): Effect.fn.Return<Kept, WebProblem> {
    const addresses = yield* resolveHost(resolver, Host.hostPortUnsafe(url.host, url.port))
    const allowed = mitigateSsrf
      ? addresses.filter(({ address }) => !isLocal(address) || (!cameFromPublic && url.query === ""))
      : addresses
    const [first, ...others] = allowed
    if (first === undefined) {
      return yield* Effect.fail<WebProblem>({
        _tag: "Forbidden",
        why: cameFromPublic
          ? "a redirect leads from the internet into the local network"
          : "it is in the local network, and its URL has a query",
      })
    }
    const serverName = url.scheme === "https" ? Host.formatHost(url.host) : undefined
    const call = Effect.fnUntraced(function* (address: NetAddress.InetAddress) {
      const own = yield* Scope.fork(scope)
      const connection = yield* open(dialer, address, serverName).pipe(
        Scope.provide(own),
        Effect.onError(() => Scope.close(own, Exit.void)),
      )
      return { connection, scope: own }
    })
    return yield* others.reduce<Effect.Effect<Kept, WebProblem>>(
      (before, address) => Effect.catch(before, () => call(address)),
      call(first),
    )
  })

  const close = ({ scope }: Kept) => Scope.close(scope, Exit.void)

  const putBack = (origin: string, one: Kept) =>
    Effect.suspend(() => {
      if (!one.connection.isFree || kept.has(origin)) return close(one)
      const oldest = kept.size >= mostKept ? kept.keys().next().value : undefined
      const leaving = oldest === undefined ? undefined : kept.get(oldest)
      if (oldest !== undefined) kept.delete(oldest)
      kept.set(origin, one)
      return leaving === undefined ? Effect.void : close(leaving)
    })

  /** Sends a request over a connection that was kept, or a new one. */
  const ask = Effect.fnUntraced(function* (
    url: AnnounceUrl.AnnounceUrl,
    request: string,
    cameFromPublic: boolean,
  ): Effect.fn.Return<Answered, WebProblem> {
    const origin = AnnounceUrl.origin(url)
    const old = kept.get(origin)
    kept.delete(origin)
    if (old !== undefined && isAllowed(old, url, cameFromPublic)) {
      const answer = yield* old.connection.ask(request).pipe(
        Effect.onInterrupt(() => close(old)),
        Effect.result,
      )
      if (Result.isSuccess(answer)) return { one: old, head: answer.success }
      yield* close(old)
      // The server had closed it in the meantime, as it may.
      if (answer.failure._tag !== "Unreachable") return yield* Effect.fail(answer.failure)
    } else if (old !== undefined) yield* close(old)
    const one = yield* connect(url, cameFromPublic)
    const head = yield* one.connection.ask(request).pipe(Effect.onError(() => close(one)))
    return { one, head }
  })

  const isAllowed = ({ connection: { address } }: Kept, { query }: AnnounceUrl.AnnounceUrl, cameFromPublic: boolean) =>
    !mitigateSsrf || !isLocal(address.address) || (!cameFromPublic && query === "")

  const fetch = Effect.fnUntraced(function* (wanted: FilePart): Effect.fn.Return<Body, WebProblem, Scope.Scope> {
    const remembered = redirects.get(wanted.url)
    let isRemembered = remembered !== undefined
    let { cameFromPublic, url }: Place = remembered ?? (yield* parsed(wanted.url))
    for (let redirected = 0; redirected <= maxRedirects; redirected++) {
      yield* turn.take(AnnounceUrl.authority(url))
      const { head, one }: Answered = yield* ask(url, requestOf(url, wanted), cameFromPublic)
      const origin = AnnounceUrl.origin(url)
      const location = isRedirect(head.status) ? head.fields.get("location") : undefined
      const answer = location === undefined ? yield* Effect.result(answerOf(head, wanted)) : undefined
      if (answer !== undefined && Result.isSuccess(answer)) {
        const { part } = one.connection
        yield* Effect.addFinalizer(() => putBack(origin, one))
        if (redirected > 0) remember(redirects, wanted.url, { url, cameFromPublic })
        return { ...answer.success, part }
      }
      yield* Effect.andThen(leftOver(head, one.connection), putBack(origin, one))
      if (answer !== undefined) {
        if (!isRemembered) return yield* Effect.fail(answer.failure)
        // Where we were sent once may have been good for a time only.
        isRemembered = false
        redirects.delete(wanted.url)
        ;({ cameFromPublic, url } = yield* parsed(wanted.url))
        continue
      }
      cameFromPublic ||= !isLocal(one.connection.address.address)
      const next = AnnounceUrl.redirected(url, location!)
      if (Result.isFailure(next) || next.success.scheme === "udp") {
        return yield* Effect.fail<WebProblem>({ _tag: "BadAnswer", why: "a redirect that leads nowhere" })
      }
      url = next.success
    }
    return yield* Effect.fail<WebProblem>({ _tag: "TooManyRedirects", limit: maxRedirects })
  })

  return {
    enter: (text) =>
      Effect.suspend(() => {
        const url = redirects.get(text)?.url ?? Result.getOrUndefined(AnnounceUrl.fromString(text))
        return url === undefined ? Effect.void : turn.take(AnnounceUrl.authority(url))
      }),
    rest: turn.end,
    fetch,
  } satisfies Lane as Lane
})

const parsed = (text: string): Effect.Effect<Place, WebProblem> =>
  Effect.fromResult(AnnounceUrl.fromString(text)).pipe(
    Effect.map((url) => ({ url, cameFromPublic: false })),
    Effect.mapError((why): WebProblem => ({ _tag: "BadUrl", why })),
  )

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status)

/** So many redirects are remembered. */
const mostRedirects = 1000

const remember = <A>(map: Map<string, A>, key: string, value: A): void => {
  if (map.size >= mostRedirects) map.clear()
  map.set(key, value)
}

const requestOf = (url: AnnounceUrl.AnnounceUrl, { first, last }: FilePart): string =>
  [
    `GET ${AnnounceUrl.target(url)} HTTP/1.1`,
    `Host: ${AnnounceUrl.authority(url)}`,
    `User-Agent: unchoke/${version}`,
    `Range: bytes=${first}-${last}`,
    // What is packed has other bytes in that range.
    "Accept-Encoding: identity",
    "Accept: */*",
    "",
    "",
  ].join("\r\n")

/** What an answer is worth that is no redirect. */
const answerOf = Effect.fnUntraced(function* (
  { fields, framing, reason, status }: HttpHead.HttpHead,
  wanted: FilePart,
): Effect.fn.Return<Omit<Body, "part">, WebProblem> {
  const field = (name: string) => fields.get(name) ?? ""
  const length = framing._tag === "Length" ? framing.length : undefined
  const packed = field("content-encoding").toLowerCase()
  if ((status === 200 || status === 206) && packed !== "" && packed !== "identity") {
    return yield* Effect.fail<WebProblem>({ _tag: "BadAnswer", why: "packed, though we asked for it as it is" })
  }
  const wrongLength = (got: number) => Effect.fail<WebProblem>({ _tag: "WrongLength", wanted: wanted.length, got })
  switch (status) {
    case 206: {
      const range = HttpFields.contentRange(field("content-range"))
      if (range?.length !== undefined && range.length !== wanted.length) return yield* wrongLength(range.length)
      const size = wanted.last - wanted.first + 1
      if (range?.first !== wanted.first || range.last !== wanted.last || (length !== undefined && length !== size)) {
        const got = range === undefined ? "a part that it does not name" : `bytes ${range.first}-${range.last}`
        return yield* Effect.fail<WebProblem>({
          _tag: "WrongRange",
          wanted: `bytes ${wanted.first}-${wanted.last}`,
          got,
        })
      }
      return { offset: wanted.first, isWhole: false }
    }
    case 200:
      if (length !== undefined && length !== wanted.length) return yield* wrongLength(length)
      return { offset: 0, isWhole: true }
    case 416: {
      const got = HttpFields.lengthBehindRange(field("content-range"))
      if (got !== undefined && got !== wanted.length) return yield* wrongLength(got)
      break
    }
  }
  const later = HttpFields.retryAfter(field("retry-after"), yield* Clock.currentTimeMillis)
  return yield* Effect.fail<WebProblem>({
    _tag: "HttpStatus",
    status,
    reason: reason.slice(0, 100),
    ...(later !== undefined && { retryAfter: Duration.min(Duration.millis(later), longestRetryAfter) }),
  })
})

/** Reads what is left of a short answer that is of no use. */
const leftOver = ({ framing }: HttpHead.HttpHead, { part }: HttpConnection): Effect.Effect<void> => {
  if (framing._tag !== "Length" || framing.length > worthReading) return Effect.void
  const read: Effect.Effect<void, WebProblem> = Effect.flatMap(part, (bytes) =>
    bytes === undefined ? Effect.void : read,
  )
  return Effect.ignore(Effect.timeout(read, Duration.seconds(1)))
}

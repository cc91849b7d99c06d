/**
 * Web servers, asked for parts of files (RFC 9110).
 *
 * Bounded: so many redirects, so many requests a host at once, so many connections kept. A torrent names its web seeds, so it could aim us at the user's own network: each address is looked at before it is
 * called, and exactly that address is called, whatever the name leads to by then.
 */
import { AnnounceUrl, type HttpHead } from "@unchoke/protocol"
import { Duration, Effect, Exit, Layer, Result, Scope } from "effect"
import type { NetAddress } from "effect/net"
import { AddressResolver, Host } from "effect/net"
import { resolveHost } from "../resolveHost.ts"
import { isLocal } from "../trackers/localAddress.ts"
import { type HttpConnection, open } from "./HttpConnection.ts"
import { answerOf, redirectOf, requestOf } from "./partOfFile.ts"
import { Turns } from "./Turns.ts"
import { WebDialer } from "./WebDialer.ts"
import type { WebProblem } from "./WebProblem.ts"
import { type Body, type FilePart, type Lane, WebServer } from "./WebServer.ts"

/** So often we go on to where a server sends us. */
export const maxRedirects = 5

/** Connections that a lane keeps: to the server that it asks, and to those that it is redirected to. */
const mostKept = 4

/** Bytes of an answer that is of no use which are read all the same, so that its connection can be. */
const worthReading = 65_536

/** How web servers are called. */
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

/** The same without options. */
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
  /** The host of the URL that was entered last. */
  let entered: { readonly text: string; readonly host: string | undefined } | undefined
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
    /** Where we were sent once may have been good for a time only: from the beginning. */
    const forget = Effect.gen(function* () {
      isRemembered = false
      redirects.delete(wanted.url)
      ;({ cameFromPublic, url } = yield* parsed(wanted.url))
    })
    for (let redirected = 0; redirected <= maxRedirects; redirected++) {
      yield* turn.take(AnnounceUrl.authority(url))
      const asked = yield* Effect.result(ask(url, requestOf(url, wanted), cameFromPublic))
      if (Result.isFailure(asked)) {
        if (!isRemembered) return yield* Effect.fail(asked.failure)
        yield* forget
        continue
      }
      const { head, one }: Answered = asked.success
      const origin = AnnounceUrl.origin(url)
      const location = redirectOf(head)
      const answer = location === undefined ? yield* Effect.result(answerOf(head, wanted)) : undefined
      if (answer !== undefined && Result.isSuccess(answer)) {
        const { part } = one.connection
        yield* Effect.addFinalizer(() => putBack(origin, one))
        if (redirected > 0) remember(redirects, wanted.url, { url, cameFromPublic })
        return { ...answer.success, part }
      }
      yield* Effect.ensuring(leftOver(head, one.connection), putBack(origin, one))
      if (answer !== undefined) {
        if (!isRemembered) return yield* Effect.fail(answer.failure)
        yield* forget
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

  const lane: Lane = {
    enter: (text) =>
      Effect.suspend(() => {
        const redirected = redirects.get(text)
        if (redirected !== undefined) return turn.take(AnnounceUrl.authority(redirected.url))
        if (entered?.text !== text) entered = { text, host: hostOf(text) }
        return entered.host === undefined ? Effect.void : turn.take(entered.host)
      }),
    rest: turn.end,
    fetch,
  }
  return lane
})

const hostOf = (text: string): string | undefined =>
  Result.match(AnnounceUrl.fromString(text), { onSuccess: AnnounceUrl.authority, onFailure: () => undefined })

const parsed = (text: string): Effect.Effect<Place, WebProblem> =>
  Effect.fromResult(AnnounceUrl.fromString(text)).pipe(
    Effect.map((url) => ({ url, cameFromPublic: false })),
    Effect.mapError((why): WebProblem => ({ _tag: "BadUrl", why })),
  )

/** So many redirects are remembered. */
const mostRedirects = 1000

const remember = <A>(map: Map<string, A>, key: string, value: A): void => {
  if (map.size >= mostRedirects) map.clear()
  map.set(key, value)
}

/** Reads what is left of a short answer that is of no use. */
const leftOver = ({ framing }: HttpHead.HttpHead, { part }: HttpConnection): Effect.Effect<void> => {
  if (framing._tag !== "Length" || framing.length > worthReading) return Effect.void
  const read: Effect.Effect<void, WebProblem> = Effect.flatMap(part, (bytes) =>
    bytes === undefined ? Effect.void : read,
  )
  return Effect.ignore(Effect.timeout(read, Duration.seconds(1)))
}

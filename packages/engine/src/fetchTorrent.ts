/** A `.torrent` file at an address on the web: bounded in time and length, redirects followed. */
import { Metainfo, TorrentUrl } from "@unchoke/protocol"
import { Bytes, Duration, Effect, Stream } from "effect"
import { HttpClient, type HttpClientError, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { quietCause } from "./sources/quietCause.ts"
import type { Gunzip } from "./sources/trackers/HttpAnswer.ts"
import { TorrentNotFetched } from "./TorrentNotFetched.ts"

/** How long a `.torrent` file may take to come from the web, and how a packed one is unpacked. */
export interface FetchOptions {
  /** How long it may take until all of it is there (default: 60 s). */
  readonly deadline?: Duration.Input | undefined
  /** Unpacks what some servers pack though nobody asked them to; for a client that does not do that itself (Node's; `fetch` does). */
  readonly gunzip?: Gunzip | undefined
}

export const usualDeadline = Duration.seconds(60)

const maxRedirects = 10

/** Why it was not fetched, before it is said from where. */
type Problem = Pick<TorrentNotFetched, "reason" | "status" | "cause">

const because = (reason: Problem["reason"]): Effect.Effect<never, Problem> => Effect.fail({ reason })

/** The bytes of what may be a `.torrent` file: `Metainfo.maxLength` at the most. */
export const fetchTorrent = (
  url: string,
  { deadline = usualDeadline, gunzip }: FetchOptions = {},
): Effect.Effect<Uint8Array, TorrentNotFetched, HttpClient.HttpClient> =>
  fetched(url, gunzip).pipe(
    Effect.timeoutOrElse({ duration: deadline, orElse: () => because("timed out") }),
    Effect.mapError(({ cause, ...problem }) => {
      const quiet = quietCause(cause, (text) => TorrentUrl.without(url, text))
      return new TorrentNotFetched({ url: TorrentUrl.shown(url), ...problem, cause: quiet })
    }),
    // Its spans would tell the whole address.
    Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
    Effect.provideService(HttpClient.TracerPropagationEnabled, false),
  )

const fetched = Effect.fnUntraced(function* (
  url: string,
  gunzip: Gunzip | undefined,
): Effect.fn.Return<Uint8Array, Problem, HttpClient.HttpClient> {
  if (!/^https?:/i.test(url)) return yield* because("bad address")
  // An address that cannot be asked is the one that was given, or that to which somebody's answer leads.
  let isAnswered = false
  const noting = HttpClient.tap(yield* HttpClient.HttpClient, () => Effect.sync(() => void (isAnswered = true)))
  const client = HttpClient.followRedirects(noting, maxRedirects)
  const unaskable = () => because(isAnswered ? "bad redirect" : "bad address")
  const { url: address, user } = TorrentUrl.withoutUser(url)
  const get = HttpClientRequest.get(address, { headers: { accept: "application/x-bittorrent, */*;q=0.5" } })
  // It is told to nobody whom we are redirected to.
  const request = user === undefined ? get : HttpClientRequest.basicAuth(get, user.name, user.password)
  const response = yield* client.execute(request).pipe(
    Effect.catch((error) => (error.reason._tag === "InvalidUrlError" ? unaskable() : Effect.fail(unreachable(error)))),
    // Some clients throw on an address that they do not like.
    Effect.catchDefect(unaskable),
  )
  const { headers, status } = response
  if (status >= 300 && status < 400 && headers["location"] !== undefined) return yield* because("endless redirects")
  if (status < 200 || status >= 300) return yield* Effect.fail({ reason: "status", status } as const)
  const bytes = yield* unpacked(response, yield* bodyOf(response), gunzip)
  const isPage = bytes[0] !== 0x64 && headers["content-type"]?.startsWith("text/html") === true
  return isPage ? yield* because("web page") : bytes
})

const unreachable = ({ cause }: HttpClientError.HttpClientError): Problem => ({ reason: "unreachable", cause })

const bodyOf = Effect.fnUntraced(function* ({ headers, stream }: HttpClientResponse.HttpClientResponse) {
  // Whoever names a film by mistake is told at once, where the server says how long it is.
  if (Number(headers["content-length"]) > Metainfo.maxLength) return yield* because("too long")
  const chunks: Array<Uint8Array> = []
  let length = 0
  yield* Stream.runForEach(Stream.mapError(stream, unreachable), (chunk) => {
    chunks.push(chunk)
    length += chunk.length
    return length > Metainfo.maxLength ? because("too long") : Effect.void
  })
  return Bytes.concat(chunks)
})

const unpacked = (
  { headers }: HttpClientResponse.HttpClientResponse,
  bytes: Uint8Array,
  gunzip: Gunzip | undefined,
): Effect.Effect<Uint8Array, Problem> =>
  gunzip === undefined || headers["content-encoding"]?.toLowerCase() !== "gzip"
    ? isPacked(bytes)
      ? because("unpackable")
      : Effect.succeed(bytes)
    : gunzip(bytes, Metainfo.maxLength).pipe(
        Effect.mapError((): Problem => ({ reason: "unpackable" })),
        Effect.flatMap((whole) => (whole === undefined ? because("unpackable") : Effect.succeed(whole))),
      )

/** As gzip begins (RFC 1952), and no torrent. */
const isPacked = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

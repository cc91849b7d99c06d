/** A `.torrent` file at an address on the web: bounded in time and length, redirects followed, errors in words. */
import { NodeTrackerHttp } from "@unchoke/node"
import { Metainfo } from "@unchoke/protocol"
import { Bytes, Duration, Effect, Stream } from "effect"
import { HttpClient, type HttpClientError, type HttpClientResponse } from "effect/http"
import { STATUS_CODES } from "node:http"
import * as Units from "./render/units.ts"
import { inWords, UnreadableTorrent } from "./torrentFile.ts"
import { shownAddress } from "./webAddress.ts"

/** So long until it is there. */
const deadline = Duration.seconds(60)

const maxRedirects = 10

export interface OnWebOptions {
  /** Whether the server's certificate is taken as it is, whoever signed it for whomever. */
  readonly insecure: boolean
}

export const torrentOnWeb = (url: string, options: OnWebOptions): Effect.Effect<Uint8Array, UnreadableTorrent> =>
  fetched(url).pipe(
    Effect.catchTag("HttpClientError", (error) => Effect.fail(whyOf(error))),
    Effect.timeoutOrElse({
      duration: deadline,
      orElse: () => Effect.fail(`it did not come within ${Duration.toSeconds(deadline)} s`),
    }),
    Effect.mapError((why) => new UnreadableTorrent({ path: shownAddress(url), why })),
    // Its spans would tell the whole address, with the pass key that may be in it.
    Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
    Effect.provideService(HttpClient.TracerPropagationEnabled, false),
    Effect.provide(NodeTrackerHttp.layer(options)),
  )

/** A string says what a server has answered that is no torrent. */
const fetched = Effect.fnUntraced(function* (
  url: string,
): Effect.fn.Return<Uint8Array, string | HttpClientError.HttpClientError, HttpClient.HttpClient> {
  if (!URL.canParse(url)) return yield* Effect.fail("the address makes no sense")
  const client = HttpClient.followRedirects(yield* HttpClient.HttpClient, maxRedirects)
  const response = yield* client.get(url, { headers: { accept: "application/x-bittorrent, */*;q=0.5" } })
  const { headers, status } = response
  if (status >= 300 && status < 400 && headers["location"] !== undefined) {
    return yield* Effect.fail("its redirects have no end")
  }
  if (status < 200 || status >= 300) {
    return yield* Effect.fail(`the server said ${[status, STATUS_CODES[status] ?? ""].join(" ").trim()}`)
  }
  const bytes = yield* unpacked(response, yield* bodyOf(response))
  if (bytes[0] !== 0x64 && headers["content-type"]?.startsWith("text/html") === true) {
    return yield* Effect.fail("it is a web page; copy the address of the .torrent file itself")
  }
  return bytes
})

const tooLong = `it is longer than ${Units.bytes(Metainfo.maxLength)}, so it is no torrent`

const bodyOf = Effect.fnUntraced(function* ({ stream }: HttpClientResponse.HttpClientResponse) {
  const chunks: Array<Uint8Array> = []
  let length = 0
  yield* Stream.runForEach(stream, (chunk) => {
    chunks.push(chunk)
    length += chunk.length
    return length > Metainfo.maxLength ? Effect.fail(tooLong) : Effect.void
  })
  return Bytes.concat(chunks)
})

/** Some servers pack what nobody asked them to. */
const unpacked = Effect.fnUntraced(function* (
  { headers }: HttpClientResponse.HttpClientResponse,
  bytes: Uint8Array,
): Effect.fn.Return<Uint8Array, string> {
  if (headers["content-encoding"]?.toLowerCase() !== "gzip") return bytes
  const { gunzipSync } = yield* Effect.promise(() => import("node:zlib"))
  return yield* Effect.try({
    try: (): Uint8Array => gunzipSync(bytes, { maxOutputLength: Metainfo.maxLength }),
    catch: () => "the server packed it, and it cannot be unpacked",
  })
})

const whyOf = ({ cause }: HttpClientError.HttpClientError): string => {
  const why = inWords(cause) ?? (cause instanceof Error ? cause.message : "the server's answer makes no sense")
  return isOfCertificate(cause) ? `${why}; --insecure-tracker takes it as it is` : why
}

/** What OpenSSL and Node say of a certificate that they do not take. */
const isOfCertificate = (cause: unknown): boolean =>
  typeof cause === "object" &&
  cause !== null &&
  "code" in cause &&
  /^CERT_|_CERT|^ERR_TLS_CERT|^UNABLE_TO_/.test(String(cause.code))

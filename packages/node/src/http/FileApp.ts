/**
 * Files over HTTP (RFC 9110), as players ask for them: whole or in part, again and again, many at once.
 *
 * Invariants: whoever has gone is not read for any more; nobody is answered who came under a name that is not ours, or from a page of somebody else's; what breaks off in the middle is never taken for the whole.
 */
import { Effect, Stream } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { byteRange } from "./byteRange.ts"
import { fileIndex } from "./fileIndex.ts"
import { mediaType } from "./mediaType.ts"
import type { ServedFile } from "./ServedFile.ts"

export interface FileAppOptions {
  /** What stands above the list of the files. */
  readonly title: string
  readonly files: ReadonlyArray<ServedFile>
  /** Whether the field `Host` of a request names us. */
  readonly isUs: (host: string) => boolean
}

type Response = HttpServerResponse.HttpServerResponse

/** The answers to all requests. */
export const fileApp = ({
  files,
  isUs,
  title,
}: FileAppOptions): Effect.Effect<Response, never, HttpServerRequest.HttpServerRequest> => {
  const byNumber = new Map(files.map((file) => [String(file.number), file]))
  const answer = (request: HttpServerRequest.HttpServerRequest): Response => {
    const { headers, method, url } = request
    if (!isUs(headers["host"] ?? "")) return plain(421, "This server is for this machine alone.")
    if (isFromElsewhere(headers)) return plain(403, "This is for pages of this server alone.")
    if (method !== "GET" && method !== "HEAD") return plain(405, "GET and HEAD are answered.", { allow: "GET, HEAD" })
    const [, number = "", ...rest] = url.split(/[?#]/, 1)[0]!.split("/")
    if (number === "" && rest.length === 0) return fileIndex(title, files)
    const file = byNumber.get(number)
    return file === undefined || rest.length > 1 ? plain(404, "There is no such file.") : fileAnswer(file, request)
  }
  return Effect.map(HttpServerRequest.HttpServerRequest, answer)
}

/** A page of somebody else's may lead here, but not look in. */
const isFromElsewhere = (headers: Readonly<Record<string, string | undefined>>): boolean => {
  const site = headers["sec-fetch-site"] ?? "none"
  return site !== "none" && site !== "same-origin" && headers["sec-fetch-mode"] !== "navigate"
}

const fileAnswer = (
  { length, path, read, tag }: ServedFile,
  { headers, method }: HttpServerRequest.HttpServerRequest,
): Response => {
  const etag = `"${tag}"`
  const about = {
    ...always,
    "accept-ranges": "bytes",
    etag,
    "cache-control": "private, no-cache",
  }
  const match = headers["if-match"]
  if (match !== undefined && !listed(match, etag)) return plain(412, "It is something else.", about)
  if (isKnown(headers["if-none-match"], etag)) return HttpServerResponse.empty({ status: 304, headers: about })
  // A part of something else is of no use to it; and to HEAD the whole is described (14.2).
  const isPart = method === "GET" && (headers["if-range"] ?? etag) === etag
  const range = byteRange(isPart ? headers["range"] : undefined, length)
  if (range === "unsatisfiable") {
    return plain(416, "It does not have these bytes.", { ...about, "content-range": `bytes */${length}` })
  }
  const { first, last } = range === "whole" ? { first: 0, last: length - 1 } : range
  const contentLength = last - first + 1
  return HttpServerResponse.stream(
    // What is not there yet lets itself be waited for: that much can be said at once.
    Stream.concat(Stream.succeed(nothing), read({ offset: first, length: contentLength })),
    {
      status: range === "whole" ? 200 : 206,
      headers: {
        ...about,
        ...(range !== "whole" && { "content-range": `bytes ${first}-${last}/${length}` }),
      },
      contentType: mediaType(path.at(-1)!),
      contentLength,
    },
  )
}

const nothing = new Uint8Array()

/** Of everything that is answered: a browser takes it for what we say it is, and shows it to no other site. */
const always = { "x-content-type-options": "nosniff", "cross-origin-resource-policy": "same-origin" }

const plain = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): Response =>
  HttpServerResponse.text(`${text}\n`, { status, headers: { ...always, ...headers } })

/** Whether who asks has it already: here a weak tag is as good (RFC 9110, 13.1.2). */
const isKnown = (field: string | undefined, etag: string): boolean =>
  field !== undefined && listed(field.replaceAll('W/"', '"'), etag)

const listed = (field: string, etag: string): boolean =>
  field.split(",").some((one) => one.trim() === etag || one.trim() === "*")

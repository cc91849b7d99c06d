/** A part of a file by HTTP: how it is asked for, and what an answer is worth (RFC 9110). */
import { AnnounceUrl, Geometry, HttpFields, type HttpHead } from "@unchoke/protocol"
import { Clock, Duration, Effect } from "effect"
import { version } from "../../peer/Self.ts"
import type { WebProblem } from "./WebProblem.ts"
import type { Body, FilePart } from "./WebServer.ts"

/** Where else it is, if that is the answer. */
export const redirectOf = ({ fields, status }: HttpHead.HttpHead): string | undefined =>
  [301, 302, 303, 307, 308].includes(status) ? fields.get("location") : undefined

/** A request for a part of a file. */
export const requestOf = (url: AnnounceUrl.AnnounceUrl, { first, last }: FilePart): string =>
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
export const answerOf = Effect.fnUntraced(function* (
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
      if (range !== undefined && length !== undefined && length !== range.last + 1 - range.first) {
        const why = `${length} bytes, said to be bytes ${range.first}-${range.last}`
        return yield* Effect.fail<WebProblem>({ _tag: "BadAnswer", why })
      }
      if (range === undefined || !isWorthwhile(range, wanted)) {
        const got = range === undefined ? "a part that it does not name" : `bytes ${range.first}-${range.last}`
        return yield* Effect.fail<WebProblem>({
          _tag: "WrongRange",
          wanted: `bytes ${wanted.first}-${wanted.last}`,
          got,
        })
      }
      return { offset: wanted.first, end: range.last + 1, isWhole: false }
    }
    case 200:
      if (length !== undefined && length !== wanted.length) return yield* wrongLength(length)
      return { offset: 0, end: wanted.length, isWhole: true }
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
    ...(later !== undefined && { retryAfter: Duration.millis(later) }),
  })
})

/** All that was asked for, or its beginning, as a server may choose (RFC 9110, 15.3.7); but not so little that it would be asked for ever. */
const isWorthwhile = (range: HttpFields.ContentRange, wanted: FilePart): boolean =>
  range.first === wanted.first &&
  (range.last === wanted.last || (range.last < wanted.last && range.last - range.first >= Geometry.blockSize))

/** What web servers answer: the same however it is cut, never more than was sent, and fields that say nothing impossible. */
import { HttpBody, HttpFields, HttpHead } from "@unchoke/protocol"
import { Result } from "effect"
import { check, checkSame, isCount } from "../oracles/check.ts"
import { latin1 } from "../oracles/samples.ts"
import type { Target } from "./Target.ts"

export const httpResponse: Target = {
  name: "http-response",
  shape: "text",
  maxLength: 4096,
  workPerByte: 60,
  samples: () =>
    [
      "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 5-9/10\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n3;a=b\r\nabc\r\n00a\r\n0123456789\r\n0\r\nx: y\r\n\r\nHTTP/1.1 200",
      "HTTP/1.0 200 OK\nConnection: keep-alive, x\nContent-Length: 0\n\nmore",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103\r\nLink: x\r\n\r\nHTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 2\r\n\r\nno",
      "HTTP/1.1 429 Too Many\r\nRetry-After: Fri, 27 Nov 2026 12:00:00 GMT\r\nConnection: close\r\n\r\nuntil it closes",
      "HTTP/1.1 416 \r\nContent-Range: bytes */1000\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
      "HTTP/1.1 302 Found\r\nLocation: //elsewhere/\r\nTransfer-Encoding: gzip\r\n\r\n",
      "bytes 0-0/*",
      "Retry-After: 99999999999999999999",
    ].map(latin1),
  run: (bytes) => {
    const whole = read([bytes])
    checkSame(read(cutIn(bytes, 1)), whole, "cut into single bytes it says something else")
    checkSame(read(cutIn(bytes, 7)), whole, "cut into sevens it says something else")
    const text = Buffer.from(bytes.subarray(0, 200)).toString("latin1")
    checkFields(text, text)
    if (whole.head === undefined) return
    const { fields, status } = whole.head
    check(status >= 200 && status <= 999, "an impossible status", status)
    for (const [name, value] of fields) {
      check(/^[!-~]+$/.test(name) && name === name.toLowerCase(), "an impossible name", name)
      check(!/[\r\n]/.test(value) && value === value.replace(/^[ \t]+|[ \t]+$/g, ""), "an impossible value", value)
    }
    check(whole.body.length <= bytes.length, "more than was sent", whole.body.length)
    checkFields(fields.get("content-range") ?? "", fields.get("retry-after") ?? "")
  },
}

const checkFields = (range: string, later: string): void => {
  const content = HttpFields.contentRange(range)
  if (content !== undefined) {
    const { first, last, length = Number.MAX_SAFE_INTEGER } = content
    check(isCount(first) && isCount(last) && first <= last && last < length, "an impossible range", content)
  }
  const all = HttpFields.lengthBehindRange(range)
  check(all === undefined || isCount(all), "an impossible length", all)
  const wait = HttpFields.retryAfter(later, 1_800_000_000_000)
  check(wait === undefined || (wait >= 0 && Number.isFinite(wait)), "an impossible wait", wait)
}

const cutIn = (bytes: Uint8Array, length: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: Math.ceil(bytes.length / length) }, (_, nth) => bytes.subarray(nth * length, (nth + 1) * length))

/** Head, body, and how it ended. */
const read = (chunks: ReadonlyArray<Uint8Array>) => {
  const reader = new HttpHead.HeadReader()
  let body: HttpBody | undefined
  let head: HttpHead.HttpHead | undefined
  let fault: string | undefined
  const parts: Array<Uint8Array> = []
  for (const chunk of chunks) {
    let rest: Uint8Array = chunk
    if (body === undefined) {
      const taken = reader.take(chunk)
      if (Result.isFailure(taken)) return { fault: taken.failure, head: undefined, body: "" }
      if (taken.success === undefined) continue
      ;({ head, rest } = taken.success)
      body = new HttpBody(head.framing)
    }
    fault = body.take(rest, parts)
    if (fault !== undefined) break
  }
  return {
    fault,
    head,
    body: Buffer.concat(parts).toString("latin1"),
    ended: body?.ended,
    excess: body?.excess,
  }
}

/** HTTP responses: heads, bodies however they are framed and cut, and the fields that matter. */
import { describe, expect, it } from "@effect/vitest"
import { HttpBody, HttpFields, HttpHead } from "@unchoke/protocol"
import { Effect, Result, Schema } from "effect"

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"))

/** Reads a response that arrives in these chunks. */
const read = (chunks: ReadonlyArray<Uint8Array>) => {
  const reader = new HttpHead.HeadReader()
  const parts: Array<Uint8Array> = []
  let body: HttpBody | undefined
  let head: HttpHead.HttpHead | undefined
  for (const chunk of chunks) {
    let rest: Uint8Array = chunk
    if (body === undefined) {
      const taken = Result.getOrThrow(reader.take(chunk))
      if (taken === undefined) continue
      ;({ head, rest } = taken)
      body = new HttpBody(head.framing)
    }
    expect(body.take(rest, parts)).toBeUndefined()
  }
  return { head, body, text: Buffer.concat(parts).toString("latin1") }
}

const faultOf = (text: string) => Result.getOrThrow(Result.flip(new HttpHead.HeadReader().take(bytes(text))))

describe("a response", () => {
  it.effect.prop(
    "is the same however it is framed, cut and ended",
    [
      Schema.Struct({
        parts: Schema.Array(
          Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))).check(
            Schema.isMinLength(1),
            Schema.isMaxLength(40),
          ),
        ).check(Schema.isMaxLength(6)),
        cuts: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 }))).check(
          Schema.isMinLength(1),
          Schema.isMaxLength(30),
        ),
        framing: Schema.Literals(["length", "chunked", "until close"]),
        lines: Schema.Literals(["\r\n", "\n"]),
      }),
    ],
    ([{ cuts, framing, lines, ...sample }]) =>
      Effect.sync(() => {
        const parts = sample.parts.map((codes) => String.fromCharCode(...codes))
        const whole = parts.join("")
        const field = {
          length: `Content-LENGTH: ${whole.length}${lines}`,
          chunked: `transfer-encoding: Chunked${lines}`,
        }
        const sent =
          framing === "chunked"
            ? [...parts.map((part) => `${part.length.toString(16)};x=y\r\n${part}\r\n`), "0\r\nA: b\r\n\r\n"].join("")
            : whole
        const all = bytes(
          `HTTP/1.1 103 Early${lines}Link: x${lines}${lines}HTTP/1.1 206 Partial Content${lines}X-Some:  thing ${lines}${framing === "until close" ? "" : field[framing]}${lines}${sent}`,
        )
        const chunks: Array<Uint8Array> = []
        for (let at = 0, nth = 0; at < all.length; nth++) {
          const end = at + cuts[nth % cuts.length]!
          chunks.push(all.subarray(at, end))
          at = end
        }
        const { body, head, text } = read(chunks)
        expect(head!.status).toBe(206)
        expect(head!.reason).toBe("Partial Content")
        expect(head!.fields.get("x-some")).toBe("thing")
        expect(text).toBe(whole)
        expect(body!.ended).toBe(framing !== "until close")
        expect(body!.mayEnd).toBe(true)
        expect(head!.keepsAlive).toBe(framing !== "until close")
      }),
  )

  it("keeps the connection where both want that", () => {
    const keeps = (version: string, connection: string) =>
      read([bytes(`HTTP/1.${version} 200 OK\r\nContent-Length: 0\r\n${connection}\r\n`)]).head!.keepsAlive
    expect(keeps("1", "")).toBe(true)
    expect(keeps("1", "Connection: Upgrade, CLOSE\r\n")).toBe(false)
    expect(keeps("0", "")).toBe(false)
    expect(keeps("0", "connection: keep-alive\r\n")).toBe(true)
  })

  it("tells what was read behind its end", () => {
    const { body, text } = read([bytes("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef")])
    expect(text).toBe("abc")
    expect(body!.excess).toBe(true)
  })

  it("that is none is told, with what is wrong", () => {
    expect(faultOf("SSH-2.0-OpenSSH\r\n")).toBe("not HTTP")
    expect(faultOf("HTTP/1.1 2OO OK\r\n\r\n")).toBe("not HTTP")
    expect(faultOf("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")).toBe("a head that is not HTTP's")
    expect(faultOf("HTTP/1.1 200 OK\r\n folded: x\r\n\r\n")).toBe("a head that is not HTTP's")
    expect(faultOf("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")).toBe("two lengths at once")
    expect(faultOf("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")).toBe("a length that is no number")
    expect(faultOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")).toBe(
      "a transfer encoding that nobody asked for",
    )
    expect(faultOf("HTTP/1.1 100 Go\r\n\r\n".repeat(20))).toBe("one interim answer after the other")
    expect(faultOf(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(HttpHead.maxHead)}`)).toContain("a head of more than")
  })

  it("whose chunks are none is told, and is not read for ever", () => {
    const fault = (text: string) => new HttpBody({ _tag: "Chunked" }).take(bytes(text), [])
    expect(fault("x\r\n")).toBe("a chunk without a size")
    expect(fault("1\r\nab\r\n")).toBe("a chunk that is longer than it says")
    expect(fault("0".repeat(5000))).toBe("a chunk without an end to its size")
    expect(fault(`0\r\n${`a: ${"b".repeat(100)}\r\n`.repeat(400)}`)).toBe("fields behind its body without an end")
    expect(fault("fffffffffffffffff\r\n")).toBe("a chunk without a size")
  })
})

describe("a field", () => {
  it("Content-Range says which bytes these are, or nothing", () => {
    expect(HttpFields.contentRange("bytes 0-4/10")).toEqual({ first: 0, last: 4, length: 10 })
    expect(HttpFields.contentRange(" Bytes 5-5/* ")).toEqual({ first: 5, last: 5, length: undefined })
    for (const wrong of [
      "",
      "bytes 5-4/10",
      "bytes 0-10/10",
      "bytes */10",
      "items 0-1/2",
      "bytes -1-2/3",
      "bytes 0-1",
    ]) {
      expect(HttpFields.contentRange(wrong)).toBeUndefined()
    }
    expect(HttpFields.lengthBehindRange("bytes */10")).toBe(10)
    expect(HttpFields.lengthBehindRange("bytes 0-1/10")).toBeUndefined()
  })

  it("Retry-After says how long, or nothing", () => {
    const now = Date.UTC(2026, 10, 27, 12)
    expect(HttpFields.retryAfter("120", now)).toBe(120_000)
    expect(HttpFields.retryAfter("Fri, 27 Nov 2026 12:00:30 GMT", now)).toBe(30_000)
    expect(HttpFields.retryAfter("Friday, 27-Nov-26 12:00:30 GMT", now)).toBe(30_000)
    expect(HttpFields.retryAfter("Fri, 27 Nov 2020 12:00:30 GMT", now)).toBe(0)
    for (const wrong of ["", "soon", "-1", "1.5", "2026", "x".repeat(1000)].filter((text) => text !== "2026")) {
      expect(HttpFields.retryAfter(wrong, now)).toBeUndefined()
    }
  })
})

/** What servers on real sockets do to an announce over HTTP, byte for byte, and what is told of it. */
import { assert, describe, it } from "@effect/vitest"
import { NodeTracker } from "@unchoke/node"
import { Bencode } from "@unchoke/protocol"
import { Effect, Result } from "effect"
import { createServer, type Socket } from "node:net"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"
import { Tracker } from "@unchoke/engine"
import { request } from "../engine/trackers/request.ts"

const answer = Buffer.from(Bencode.encode({ interval: 60, peers: Uint8Array.of(127, 0, 0, 1, 0, 80) }))
const refusal = Buffer.from(Bencode.encode({ "failure reason": "not registered" }))

/** After so many bytes: it stays, it hangs up, or it resets. */
type Then = "stays" | "hangs up" | "resets"

/** A server that says this to whoever asks. */
const saying = (bytes: Uint8Array, then: Then) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
        const open = new Set<Socket>()
        const server = createServer((socket) => {
          open.add(socket)
          socket.on("error", () => {})
          socket.once("data", () =>
            socket.write(bytes, () => {
              if (then === "hangs up") socket.end()
              if (then === "resets") setTimeout(() => socket.resetAndDestroy(), 50)
            }),
          )
        }).listen(0, "127.0.0.1", () =>
          resume(
            Effect.succeed({
              port: (server.address() as AddressInfo).port,
              close: () => {
                server.close()
                for (const socket of open) socket.destroy()
              },
            }),
          ),
        )
      }),
      ({ close }) => Effect.sync(close),
    ),
    ({ port }) => port,
  )

const announce = (url: string) =>
  Tracker.use((tracker) => tracker.announce(url, request)).pipe(Effect.provide(NodeTracker.layer), Effect.result)

/** What comes of it: the number of peers, or the problem. */
const outcome = (bytes: Uint8Array, then: Then, scheme = "http") =>
  Effect.gen(function* () {
    const result = yield* announce(`${scheme}://127.0.0.1:${yield* saying(bytes, then)}/announce`)
    return Result.isSuccess(result) ? result.success.peers.length : result.failure
  }).pipe(Effect.scoped)

const http = (headers: string, body: Uint8Array) => Buffer.concat([Buffer.from(`HTTP/1.1 ${headers}\r\n\r\n`), body])
const chunk = (body: Uint8Array) =>
  Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n")])
const tooLong = (body: Uint8Array) => http(`200 OK\r\nContent-Length: ${body.length + 100}`, body)
const unended = (body: Uint8Array) => http("200 OK\r\nTransfer-Encoding: chunked", chunk(body))
const packed = (body: Uint8Array) => http("200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 999", gzipSync(body))

describe("an answer that is whole is taken", () => {
  for (const then of ["stays", "hangs up", "resets"] as const) {
    it.live.each([
      ["of a length that is too long", tooLong(answer)],
      ["without its last chunk", unended(answer)],
      ["packed, of a length that is too long", packed(answer)],
      ["without any length", http("200 OK", answer)],
    ] as const)(`%s; then the server ${then}`, ([, bytes]) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcome(bytes, then), 1)
      }),
    )
  }

  it.live("a refusal too", () =>
    Effect.gen(function* () {
      for (const bytes of [tooLong(refusal), unended(refusal)]) {
        const failure = yield* outcome(bytes, "hangs up")
        assert.include(String(failure), "refused us: not registered")
      }
    }),
  )
})

const half = answer.subarray(0, -1)

it.live.each([
  ["hangs up without a word", Buffer.alloc(0), "hangs up", "it closed the connection before its answer was complete"],
  ["resets the connection", Buffer.alloc(0), "resets", "it reset the connection"],
  ["hangs up in the middle", tooLong(half), "hangs up", "its answer broke off in the middle"],
  ["resets in the middle", unended(half), "resets", "its answer broke off in the middle"],
  ["does not speak HTTP", Buffer.from("220 smtp.example ESMTP\r\n"), "stays", "answered nonsense: not HTTP"],
] as const)("a server that %s", ([, bytes, then, words]) =>
  Effect.gen(function* () {
    assert.include(String(yield* outcome(bytes, then)), words)
  }),
)

it.live("a server that does not speak TLS", () =>
  Effect.gen(function* () {
    const failure = yield* outcome(http("400 Bad Request", Buffer.alloc(0)), "hangs up", "https")
    assert.include(String(failure), "it does not speak TLS as we do")
  }),
)

it.live("a name that is nobody's", () =>
  Effect.gen(function* () {
    const result = yield* announce("http://tracker.invalid/announce")
    assert(Result.isFailure(result))
    assert.include(["UnknownHost", "LookupFailed"], result.failure.reason._tag)
    assert.include(result.failure.message, "the name tracker.invalid ")
  }),
)

/**
 * A connection to a web server: one request after the other, each with its answer.
 *
 * Of our own, on sockets that read into buffers of ours, because clients made for messages cost too much for files (CPU seconds a GiB on loopback: Effect's over `node:http` 3.5, `node:http` 2.0, undici
 * 1.7; this 0.4). Invariants: the next request is sent only when the last answer was read to its end; a part of a body is borrowed until the next one is pulled.
 */
import { HttpBody, HttpHead } from "@unchoke/protocol"
import { Duration, Effect, Result, type Scope } from "effect"
import type { NetAddress } from "effect/net"
import { Socket } from "effect/socket"
import { unreachable } from "../trackers/unreachable.ts"
import type { TrackerProblem } from "../trackers/TrackerFailed.ts"
import type { WebDialer } from "./WebDialer.ts"
import type { WebProblem } from "./WebProblem.ts"

/** How long a connection may take, TLS included. */
export const connectDeadline = Duration.seconds(10)

/** How long a server may take from the request to the end of its answer's head. */
export const headDeadline = Duration.seconds(15)

type Chunks = ReadonlyArray<Uint8Array>

export class HttpConnection {
  readonly address: NetAddress.InetAddress
  readonly #pull: Effect.Effect<Chunks, Socket.SocketError>
  readonly #writer: Socket.Writer
  #body = new HttpBody({ _tag: "Length", length: 0 })
  readonly #head = new HttpHead.HeadReader()
  #keepsAlive = true
  /** What was read of the body and not given yet; from `#next` on. */
  #parts: Array<Uint8Array> = []
  #next = 0

  constructor(address: NetAddress.InetAddress, pull: Effect.Effect<Chunks, Socket.SocketError>, writer: Socket.Writer) {
    this.address = address
    this.#pull = pull
    this.#writer = writer
  }

  /** Whether another request can be sent: the last answer was read to its end, and nothing but that. */
  get isFree(): boolean {
    return this.#keepsAlive && this.#body.ended && !this.#body.excess && this.#next === this.#parts.length
  }

  /** Sends a request, given as its text; the head of the answer. Its body is to be read with `part`. */
  ask(request: string): Effect.Effect<HttpHead.HttpHead, WebProblem> {
    const reader = this.#head
    this.#keepsAlive = false
    this.#parts = []
    this.#next = 0
    const read: Effect.Effect<HttpHead.HttpHead, WebProblem> = Effect.flatMap(
      Effect.mapError(this.#pull, brokenOff),
      (chunks) => {
        for (const [nth, chunk] of chunks.entries()) {
          const taken = reader.take(chunk)
          if (Result.isFailure(taken)) return Effect.fail<WebProblem>({ _tag: "BadAnswer", why: taken.failure })
          if (taken.success === undefined) continue
          const { head, rest } = taken.success
          this.#body = new HttpBody(head.framing)
          this.#keepsAlive = head.keepsAlive
          const wrong = this.#take([rest, ...chunks.slice(nth + 1)])
          return wrong === undefined ? Effect.succeed(head) : Effect.fail(wrong)
        }
        return read
      },
    )
    return Effect.andThen(Effect.mapError(this.#writer.write(request), brokenOff), read).pipe(
      Effect.timeoutOrElse({
        duration: headDeadline,
        orElse: () => Effect.fail<WebProblem>({ _tag: "TimedOut", waited: headDeadline }),
      }),
    )
  }

  /** The next part of the body; nothing when it has ended. */
  readonly part: Effect.Effect<Uint8Array | undefined, WebProblem> = Effect.suspend(() => {
    const part = this.#parts[this.#next]
    if (part !== undefined) {
      this.#next++
      return Effect.succeed(part)
    }
    return this.#body.ended ? Effect.undefined : this.#more
  })

  readonly #more: Effect.Effect<Uint8Array | undefined, WebProblem> = Effect.suspend(() =>
    Effect.matchEffect(this.#pull, {
      onSuccess: (chunks) => {
        this.#parts = []
        this.#next = 0
        const wrong = this.#take(chunks)
        return wrong === undefined ? this.part : Effect.fail(wrong)
      },
      onFailure: (error) => {
        this.#keepsAlive = false
        if (this.#body.mayEnd && error.reason._tag === "SocketCloseError") return Effect.undefined
        return Effect.fail(brokenOff(error))
      },
    }),
  )

  #take(chunks: Chunks): WebProblem | undefined {
    for (const chunk of chunks) {
      const wrong = this.#body.take(chunk, this.#parts)
      if (wrong !== undefined) return { _tag: "BadAnswer", why: wrong }
    }
    return undefined
  }
}

/** Connects to that very address, by TLS where a name is given. */
export const open = (
  { dial }: WebDialer["Service"],
  address: NetAddress.InetAddress,
  serverName: string | undefined,
): Effect.Effect<HttpConnection, WebProblem, Scope.Scope> =>
  Effect.gen(function* () {
    const socket = yield* dial(address, serverName)
    const pull = yield* Effect.mapError(Socket.readerBytes(socket), notReached)
    return new HttpConnection(address, pull, yield* socket.writer)
  }).pipe(
    Effect.timeoutOrElse({
      duration: connectDeadline,
      orElse: () => Effect.fail<WebProblem>({ _tag: "Unreachable", reason: "timed out" }),
    }),
  )

const notReached = (error: Socket.SocketError): WebProblem => asWebProblem(unreachable(error))

const brokenOff = (error: Socket.SocketError): WebProblem => {
  if (error.reason._tag === "SocketCloseError") return { _tag: "Unreachable", reason: "closed" }
  return asWebProblem(unreachable(error))
}

const asWebProblem = (problem: TrackerProblem): WebProblem =>
  problem._tag === "CertificateRefused" || problem._tag === "Unreachable"
    ? problem
    : { _tag: "BadAnswer", why: "not HTTP" }

/** Listens to who is played to: its handshake, its messages, and that it is gone. */
import { Frames, Handshake, PeerMessage } from "@unchoke/protocol"
import { Deferred, Effect, Result } from "effect"
import { Socket } from "effect/socket"
import type { Stage } from "./Stage.ts"

type Request = PeerMessage.Of<"Request">

/** What the other side has said. */
export interface Ear {
  readonly handshake: Deferred.Deferred<Handshake.Handshake, Socket.SocketError>
  readonly interested: Deferred.Deferred<void>
  /** How often anything was heard. */
  readonly heard: () => number
  /** Fails when the other side is gone. */
  readonly gone: Deferred.Deferred<never, Socket.SocketError>
}

export const listen = Effect.fnUntraced(function* (
  pull: Effect.Effect<ReadonlyArray<Uint8Array>, Socket.SocketError>,
  { content, told }: Stage,
  asked: (message: Request | PeerMessage.Of<"Extended">) => Effect.Effect<unknown, Socket.SocketError>,
) {
  let heard = 0
  const ear: Ear = {
    heard: () => heard,
    handshake: yield* Deferred.make<Handshake.Handshake, Socket.SocketError>(),
    interested: yield* Deferred.make<void>(),
    gone: yield* Deferred.make<never, Socket.SocketError>(),
  }
  const frames = new Frames.Frames(content.torrent.geometry.pieces)
  let greeting = new Uint8Array(0)

  const hear = Effect.fnUntraced(function* (chunk: Uint8Array) {
    heard++
    let bytes = chunk
    if (greeting.length < Handshake.byteLength) {
      const missing = Handshake.byteLength - greeting.length
      greeting = Uint8Array.from([...greeting, ...chunk.subarray(0, missing)])
      bytes = chunk.subarray(missing)
      if (greeting.length < Handshake.byteLength) return
      const parsed = Handshake.parse(greeting)
      // Whoever waits for a handshake hangs up on who does not speak BitTorrent.
      yield* Result.isFailure(parsed)
        ? Deferred.fail(ear.handshake, new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1000 }) }))
        : Deferred.succeed(ear.handshake, parsed.success)
    }
    const cut: Array<Uint8Array> = []
    frames.push(bytes, cut)
    for (const frame of cut) {
      const message = PeerMessage.parse(frame)
      if (typeof message === "string") continue
      if (message._tag === "Interested") yield* Deferred.succeed(ear.interested, undefined)
      if (message._tag === "Request" || message._tag === "Extended") yield* asked(message)
      if (message._tag === "Extended") told?.({ ...message, payload: message.payload.slice() })
    }
    frames.reclaim()
  })
  yield* Effect.flatMap(pull, (chunks) => Effect.forEach(chunks, hear, { discard: true })).pipe(
    Effect.forever,
    Effect.catch((error) => Deferred.fail(ear.gone, error)),
    Effect.forkScoped,
  )
  return ear
})

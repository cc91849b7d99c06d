/** Plays a script on a socket, whichever kind of socket it is: in memory under a test clock, or real TCP. */
import {
  Encryption as Protocol,
  ExtendedHandshake,
  Extensions,
  Geometry,
  MetadataMessage,
  PeerExchange,
  PeerMessage,
} from "@unchoke/protocol"
import { Bytes, Deferred, Effect, Queue, type Scope, Semaphore } from "effect"
import { NetAddress } from "effect/net"
import { Socket } from "effect/socket"
import { Encryption } from "@unchoke/engine"
import type { Content } from "./Content.ts"
import type { Script, Step } from "./Script.ts"
import { listen } from "./scripted/Ear.ts"
import type { Stage } from "./scripted/Stage.ts"
import { badBits, type Describe, floods, handshake, metadataId, partOf, without } from "./scripted/words.ts"

export type { Served, Stage } from "./scripted/Stage.ts"

type Request = PeerMessage.Of<"Request">

/** The id under which it wants peer exchange. */
export const exchangeId = 7

/** The socket of a peer that wants, or takes, an encrypted handshake. */
export const behind = (
  socket: Socket.Socket,
  { encryption }: Extract<Script, { readonly _tag: "Accept" }>,
  { torrent: { infoHash } }: Content,
): Socket.Socket =>
  encryption === undefined
    ? socket
    : Encryption.answered(socket, {
        find: (name) => (Bytes.Equivalence(name, Protocol.nameOf(infoHash)) ? infoHash : undefined),
        select: ["rc4"],
        required: encryption === "only",
        agreed: () => {},
      })

/**
 * Follows the steps, then keeps the connection open and answers nothing. Ends when the other side hangs up. Speaks the fast extension: while it chokes, it rejects what it is asked
 * for (BEP 6).
 */
export const play = Effect.fnUntraced(function* (
  socket: Socket.Socket,
  steps: ReadonlyArray<Step>,
  stage: Stage,
): Effect.fn.Return<void, Socket.SocketError, Scope.Scope> {
  const pull = yield* Socket.readerBytes(socket)
  const writer = yield* socket.writer
  const mouth = Semaphore.makeUnsafe(1)
  let dribble = Infinity
  let choking = true

  const send = Effect.fnUntraced(function* (bytes: Uint8Array) {
    if (bytes.length <= dribble) return yield* writer.write(bytes)
    for (let at = 0; at < bytes.length; at += dribble) yield* writer.write(bytes.subarray(at, at + dribble))
  }, mouth.withPermit)
  const say = (message: PeerMessage.PeerMessage) => send(PeerMessage.printAll([message]))
  const refuse = (request: Request) => say({ ...request, _tag: "RejectRequest" })

  const requests = yield* Queue.unbounded<Request>()
  const questions = yield* Queue.unbounded<MetadataMessage.MetadataMessage>()
  /** The id under which the other side wants to be told what the torrent is. */
  let describeTo: number | undefined
  const ear = yield* listen(pull, stage, (message) => {
    if (message._tag === "Request") return choking ? refuse(message) : Queue.offer(requests, message)
    if (message.id === 0) {
      describeTo = ExtendedHandshake.fromBytes(message.payload)?.extensions.get("ut_metadata")
    }
    const said = message.id === metadataId ? MetadataMessage.fromBytes(message.payload) : undefined
    return said?._tag === "Request" ? Queue.offer(questions, said) : Effect.void
  })
  const describe = Effect.fnUntraced(function* (step: Describe) {
    for (let left = step.times ?? Infinity; left > 0; left--) {
      const { piece } = yield* Queue.take(questions)
      if (step.pause !== undefined) yield* Effect.sleep(step.pause)
      const payload = partOf(piece, step, stage)
      if (payload === undefined || describeTo === undefined) continue
      stage.described?.(piece)
      yield* say({ _tag: "Extended", id: describeTo, payload })
    }
  })

  const follow = Effect.fnUntraced(function* (step: Step) {
    const { torrent } = stage.content
    const { pieces } = torrent.geometry
    switch (step._tag) {
      case "Wait":
        return yield* Effect.sleep(step.ms)
      case "Dribble":
        dribble = step.bytes
        return
      case "AwaitHandshake":
        return yield* Effect.asVoid(Deferred.await(ear.handshake))
      case "HangUpOnSilence": {
        const silence = Effect.suspend(() => {
          const heard = ear.heard()
          return Effect.as(Effect.sleep(step.ms), () => ear.heard() === heard)
        })
        const watch = Effect.repeat(silence, { until: (isOver) => isOver() })
        return yield* Effect.asVoid(
          Effect.forkScoped(Effect.ignore(Effect.andThen(watch, writer.write(new Socket.CloseEvent(1000))))),
        )
      }
      case "AwaitInterested":
        return yield* Deferred.await(ear.interested)
      case "Handshake":
        return yield* send(yield* handshake(step.kind, stage, ear))
      case "Extended":
        return yield* say({
          _tag: "Extended",
          id: 0,
          payload: ExtendedHandshake.toBytes({
            client: step.client,
            extensions: step.exchanges === true ? { ut_pex: exchangeId } : {},
          }),
        })
      case "Name": {
        const added = step.peers.map((name) => ({ peer: NetAddress.inetAddressFromStringUnsafe(name), flags: 0 }))
        const payload = PeerExchange.toBytes({ added, dropped: [] })
        for (let left = step.times ?? 1; left > 0; left--) {
          yield* say({ _tag: "Extended", id: Extensions.ids.ut_pex, payload })
        }
        return
      }
      case "Describe": {
        const payload = ExtendedHandshake.toBytes({
          extensions: { ut_metadata: metadataId },
          metadataSize: step.size ?? torrent.info.length,
        })
        yield* say({ _tag: "Extended", id: 0, payload })
        return yield* Effect.asVoid(Effect.forkScoped(Effect.ignore(describe(step))))
      }
      case "Bitfield":
        return yield* say({ _tag: "Bitfield", bits: without(pieces, step.missing) })
      case "BadBitfield":
        return yield* say({ _tag: "Bitfield", bits: badBits(pieces, step.kind) })
      case "Unknown":
        return yield* say({ _tag: "Unknown", id: 99, payload: Uint8Array.of(1, 2, 3) })
      case "Malformed":
        return yield* send(Uint8Array.of(0, 0, 0, 4, 4, 0, 0, 0))
      case "TooLong":
        return yield* send(Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 7))
      case "Garbage":
        return yield* send(new Uint8Array(512).fill(0xe7))
      case "Unasked": {
        const length = Geometry.blockLength(torrent.geometry, pieces - 1, 0)
        return yield* say({ _tag: "Piece", piece: pieces - 1, begin: 0, block: new Uint8Array(length) })
      }
      case "Misshapen":
        return yield* say({ _tag: "Piece", piece: pieces - 1, begin: 0, block: new Uint8Array(1) })
      case "Serve":
        for (let left = step.blocks ?? Infinity; left > 0; left--) {
          yield* serve(yield* Queue.take(requests), step)
        }
        return
      case "Reject":
        for (let left = step.requests; left > 0; left--) {
          yield* refuse(yield* Queue.take(requests))
        }
        return
      case "Flood":
        return yield* Effect.forever(send(PeerMessage.printAll(Array(100).fill(floods[step.of]).flat())))
      case "Unchoke":
        choking = false
        return yield* say(step)
      case "Choke":
        choking = true
        yield* say(step)
        return yield* Effect.forEach(yield* Queue.clear(requests), refuse, { discard: true })
      case "HangUp":
        return yield* writer.write(new Socket.CloseEvent(1000))
      case "Reset":
        return yield* stage.reset ?? writer.write(new Socket.CloseEvent(1006))
      default:
        return yield* say(step)
    }
  })

  let served = 0
  const serve = Effect.fnUntraced(function* (
    { begin, length, piece }: Request,
    { corrupt = [], pause, spoilEvery, times = 1 }: Extract<Step, { readonly _tag: "Serve" }>,
  ) {
    if (pause !== undefined) yield* Effect.sleep(pause)
    const start = Geometry.pieceStart(stage.content.torrent.geometry, piece) + begin
    const block = stage.content.data.slice(start, start + length)
    served++
    if (corrupt.includes(piece) || (spoilEvery !== undefined && served % spoilEvery === 0)) block[0]! ^= 0xff
    stage.served?.({ piece, begin })
    for (let time = 0; time < times; time++) yield* say({ _tag: "Piece", piece, begin, block })
  })

  const script = Effect.gen(function* () {
    for (const step of steps) yield* follow(step)
    return yield* Effect.never
  })
  yield* Effect.raceFirst(script, Deferred.await(ear.gone))
})

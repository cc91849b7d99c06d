/** Plays a script on a socket, whichever kind of socket it is: in memory under a test clock, or real TCP. */
import {
  Bitfield,
  Encryption as Protocol,
  ExtendedHandshake,
  Extensions,
  Frames,
  Geometry,
  Handshake,
  MetadataMessage,
  PeerExchange,
  PeerMessage,
} from "@unchoke/protocol"
import { Bytes, Deferred, Effect, Queue, Result, type Scope, Semaphore } from "effect"
import { NetAddress } from "effect/net"
import { Socket } from "effect/socket"
import type { Content } from "./Content.ts"
import { Encryption } from "@unchoke/engine"
import type { Script, Step } from "./Script.ts"

type Request = PeerMessage.Of<"Request">

/** The id under which it wants peer exchange. */
export const exchangeId = 7

/** What a peer was asked for: tests count it. */
export interface Served {
  readonly piece: number
  readonly begin: number
}

/** What a script is played with. */
export interface Stage {
  readonly content: Content
  /** 20 bytes; what it says it is. */
  readonly peerId: Uint8Array
  /** Told of each block that is sent. */
  readonly served?: (block: Served) => void
  /** Told of each extended message that is sent to it (BEP 10). */
  readonly told?: (message: PeerMessage.Of<"Extended">) => void
  /** Told of each part of the description that is answered, whatever the answer is. */
  readonly described?: (part: number) => void
  /** Breaks the connection off; where it is not given, `Reset` closes it. */
  readonly reset?: Effect.Effect<void>
}

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

/** What the other side has said. */
interface Ear {
  readonly handshake: Deferred.Deferred<Handshake.Handshake, Socket.SocketError>
  readonly interested: Deferred.Deferred<void>
  /** How often anything was heard. */
  readonly heard: () => number
  /** Fails when the other side is gone. */
  readonly gone: Deferred.Deferred<never, Socket.SocketError>
}

const listen = Effect.fnUntraced(function* (
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

type Describe = Extract<Step, { readonly _tag: "Describe" }>

/** The id under which we want to be asked what the torrent is. */
const metadataId = 3

/** What is answered to who asks for a part of the description. */
const partOf = (piece: number, { answers, size }: Describe, { content }: Stage): Uint8Array | undefined => {
  const { info } = content.torrent
  const total = size ?? info.length
  const begin = piece * MetadataMessage.pieceSize
  const block = new Uint8Array(Math.max(0, MetadataMessage.sizeOf(piece, total)))
  block.set(info.subarray(begin, begin + block.length))
  const data = (changes: Partial<Extract<MetadataMessage.MetadataMessage, { readonly _tag: "Data" }>>) =>
    MetadataMessage.toBytes({ _tag: "Data", piece, size: total, block, ...changes })
  switch (answers) {
    case "true":
      return data({})
    case "false":
      return data({ block: block.map((byte) => byte ^ 0xff) })
    case "half false":
      return data(piece % 2 === 0 ? { block: block.map((byte) => byte ^ 0xff) } : {})
    case "reject":
      return MetadataMessage.toBytes({ _tag: "Reject", piece })
    case "garbage":
      return new Uint8Array(100).fill(0xe7)
    case "a byte short":
      return data({ block: block.subarray(1) })
    case "another length":
      return data({ size: total + 1 })
    case "nothing":
      return undefined
  }
}

type HandshakeKind = Extract<Step, { readonly _tag: "Handshake" }>["kind"]

const handshake = Effect.fnUntraced(function* (kind: HandshakeKind, { content, peerId }: Stage, ear: Ear) {
  const { infoHash } = content.torrent
  const print = (changes: Partial<Handshake.Handshake>) =>
    Handshake.print({ infoHash, peerId, fast: true, extended: true, dht: false, ...changes })
  switch (kind) {
    case "right":
      return print({})
    case "wrong hash":
      return print({ infoHash: infoHash.map((byte) => byte ^ 0xff) })
    case "our own id":
      return print({ peerId: (yield* Deferred.await(ear.handshake)).peerId })
    case "half":
      return print({}).subarray(0, 48)
    case "not BitTorrent":
      return new TextEncoder().encode(
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nThis is not the port that you want.",
      )
  }
})

/** As many peers as one message may name (BEP 11). */
const fifty = PeerExchange.toBytes({
  added: Array.from({ length: PeerExchange.most }, (_, index) => ({
    peer: NetAddress.inetAddressFromStringUnsafe(`5.${index}.1.1:6881`),
    flags: 0,
  })),
  dropped: [],
})

const floods: Record<Extract<Step, { readonly _tag: "Flood" }>["of"], ReadonlyArray<PeerMessage.PeerMessage>> = {
  Have: [{ _tag: "Have", piece: 0 }],
  KeepAlive: [{ _tag: "KeepAlive" }],
  "Choke, Unchoke": [{ _tag: "Choke" }, { _tag: "Unchoke" }],
  Unknown: [{ _tag: "Unknown", id: 99, payload: new Uint8Array(100) }],
  Extended: [{ _tag: "Extended", id: 3, payload: new Uint8Array(100) }],
  Neighbours: [{ _tag: "Extended", id: Extensions.ids.ut_pex, payload: fifty }],
  Interested: [{ _tag: "Interested" }],
  HaveAll: [{ _tag: "HaveAll" }],
  "HaveNone, HaveAll": [{ _tag: "HaveNone" }, { _tag: "HaveAll" }],
  "half a MiB of nothing": [{ _tag: "Unknown", id: 99, payload: new Uint8Array(524_288) }],
  "blocks that nobody wants": [{ _tag: "Piece", piece: 0, begin: 0, block: new Uint8Array(16_384) }],
}

const without = (pieces: number, missing: ReadonlyArray<number>): Uint8Array => {
  const has = Bitfield.Bitfield.empty(pieces)
  for (let piece = 0; piece < pieces; piece++) if (!missing.includes(piece)) has.add(piece)
  return has.toBytes()
}

const badBits = (pieces: number, kind: "length" | "spare"): Uint8Array =>
  new Uint8Array(Bitfield.byteLength(pieces) + (kind === "length" || pieces % 8 === 0 ? 1 : 0)).fill(0xff)

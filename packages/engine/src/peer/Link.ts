/**
 * A connection to a peer whose handshake is done: messages in, messages out, and what the peer has told us so far.
 *
 * The socket belongs to the scope in which the link was opened. Every wait on it is given its deadline by the caller.
 */
import { Bitfield, ExtendedHandshake, type Handshake, PeerMessage, PeerState } from "@unchoke/protocol"
import { Array, Duration, Effect, Fiber, Pull, Result, type Scope, Stream } from "effect"
import type { NetAddress } from "effect/net"
import type { Socket } from "effect/socket"
import type { Caller } from "./accept.ts"
import type { Breach } from "./Breach.ts"
import { connect, type Connection, type Conversation } from "./connect.ts"
import type { Dialer } from "./Dialer.ts"
import {
  type ConnectFailed,
  Disconnected,
  type HandshakeFailed,
  type Phase,
  ProtocolViolation,
  type Seen,
} from "./errors.ts"
import { phase } from "../observe/ofPeer.ts"
import { stopwatch } from "../monotonic.ts"
import { shakeHands } from "./shakeHands.ts"
import * as Self from "./Self.ts"
import { Sighting } from "./Sighting.ts"
import { EarlyWords, mostPieces } from "./EarlyWords.ts"
import { disconnectReason } from "./socketReasons.ts"
import { Talk } from "./Talk.ts"
import type { Subject } from "./Subject.ts"
import * as Wire from "./Wire.ts"

export type Lost = Disconnected | ProtocolViolation
export type Messages = Array.NonEmptyReadonlyArray<PeerMessage.PeerMessage>

export interface Link {
  readonly peer: NetAddress.InetAddress
  /** Who it says it is, 20 bytes: the same for each of its connections. */
  readonly peerId: Uint8Array
  /** The extensions that its handshake announced. */
  readonly extensions: Pick<Handshake.Handshake, "fast" | "extended" | "dht">
  /** What the peer has told us: the fold of all messages that were pulled. */
  readonly state: () => PeerState.PeerState
  /** What we have learnt of it so far. */
  readonly seen: () => Seen
  /**
   * Says who we are and what we have, as the peer's extensions want it; to be sent before anything else. Once more it says what has come since: of a link that began when there was nothing to be said.
   */
  readonly introduce: (introduction: Introduction) => Effect.Effect<void, Disconnected>
  /** From now on the observer hears what becomes of the pieces that the peer has. */
  readonly observe: (observer: Observer) => void
  /** From now on the payloads of the extended messages of this id of ours are heard, as they are pulled (BEP 10). They are borrowed as blocks are. What breaks a rule ends the link. */
  readonly hear: (id: number, ear: Ear) => void
  /** Sends messages in one write. */
  readonly send: (...messages: Messages) => Effect.Effect<void, Disconnected>
  /** Sends `piece` messages, as they go over the wire, in one write, without copying them: they must not change before it returns. */
  readonly sendPieces: (pieces: Array.NonEmptyReadonlyArray<Uint8Array>) => Effect.Effect<void, Disconnected>
  /** The next messages. Their blocks are borrowed: valid until the next pull. Interrupting it loses nothing. */
  readonly pull: Effect.Effect<Messages, Lost>
  /** Waits until what the peer has told us satisfies the predicate; messages behind the one that did are left for the next pull. */
  readonly until: (predicate: (state: PeerState.PeerState) => boolean) => Effect.Effect<void, Lost>
  /** Now it is known how many pieces the torrent has: where it was not, what the peer has said of them counts from here on. Says what was wrong with that, if anything. */
  readonly describe: (pieces: number) => ProtocolViolation | undefined
  /** How much it says beside what we want. */
  readonly talk: Talk
  /** Says in which phase the conversation now is: errors carry it. */
  readonly enter: (phase: Phase) => void
}

/** Hears the payload of an extended message, and says which rule it breaks, if it does. */
export type Ear = (payload: Uint8Array) => Breach | undefined

/** What we say of ourselves. */
export interface Introduction {
  /** What we have, where that is anybody's business. */
  readonly pieces?: Bitfield.Bitfield | undefined
  /** What the extended handshake says (BEP 10). */
  readonly about: Self.About
}

/** Hears what becomes of the pieces that a peer has, as its messages are pulled. */
export interface Observer {
  /** It has one more. */
  readonly gained: (piece: number) => void
  /** It says anew what it has. */
  readonly replaced: () => void
}

/** Something is said after so much silence of ours; peers drop a connection after two minutes (BEP 3). */
export const keepAliveAfter = Duration.seconds(100)

/** Says that we are here, while there is nothing else to say to it yet. Ends when it is gone. */
export const keepAlive = (link: Pick<Link, "send">): Effect.Effect<void> =>
  Effect.ignore(Effect.forever(Effect.andThen(Effect.sleep(keepAliveAfter), link.send({ _tag: "KeepAlive" }))))

/** Hears nothing. */
export const nobody: Observer = { gained: () => {}, replaced: () => {} }

/** Connects and exchanges handshakes. */
export const open = Effect.fnUntraced(function* (
  peer: NetAddress.InetAddress,
  conversation: Conversation,
): Effect.fn.Return<Link, ConnectFailed | HandshakeFailed, Dialer | Scope.Scope> {
  const sighting = new Sighting(yield* stopwatch)
  const connection = yield* connect(peer, sighting, conversation).pipe(phase("connect", peer))
  const { handshake, rest } = yield* shakeHands(peer, connection, sighting, conversation).pipe(phase("handshake", peer))
  return yield* make({ peer, connection, sighting, handshake, rest }, conversation.torrent)
})

/** Of a peer that has called us, once handshakes are exchanged. */
export const accepted = (caller: Caller, torrent: Subject): Effect.Effect<Link, never, Scope.Scope> =>
  make(caller, torrent)

const make = Effect.fnUntraced(function* ({ connection, handshake, peer, rest, sighting }: Caller, torrent: Subject) {
  const { writer } = connection
  const pull = prepend(rest, connection.pull)
  let phase: Phase = "bitfield"
  let state = PeerState.initial(torrent.geometry?.pieces ?? 0)
  /** What it has said of its pieces before we knew how many there are. */
  let early = torrent.geometry === undefined ? new EarlyWords() : undefined
  let observer = nobody
  let isIntroduced = false
  const ears = new Map<number, Ear>()
  let unread: ReadonlyArray<PeerMessage.PeerMessage> = []

  const disconnected = (cause: Socket.SocketError) =>
    new Disconnected({ peer, seen: sighting.seen, phase, reason: disconnectReason(cause), cause })
  const violation = (rule: ProtocolViolation["rule"], detail: string) =>
    new ProtocolViolation({ peer, seen: sighting.seen, phase, rule, detail })

  const talk = new Talk(torrent.geometry?.pieces ?? 0)

  const unwanted = (message: PeerMessage.PeerMessage): ProtocolViolation | undefined => {
    const tooMuch = talk.hear(message)
    return tooMuch === undefined ? undefined : violation("flood", `${tooMuch}, and no block that we want among them`)
  }

  /** Folds one message into the state; the state before a violation is kept. What a block is worth is not known here. */
  const fold = (message: PeerMessage.PeerMessage): ProtocolViolation | undefined => {
    if (message._tag === "Piece") return undefined
    const flood = unwanted(message)
    if (flood !== undefined) return flood
    if (early?.keep(message) === true) return undefined
    const { pieces } = state
    const had = pieces.count
    const next = PeerState.step(state, message)
    if (Result.isFailure(next)) return violation(...violationInWords(next.failure))
    state = next.success
    if (state.pieces !== pieces) observer.replaced()
    else if (message._tag === "Have" && pieces.count > had) observer.gained(message.piece)
    if (state.announced) sighting.have = state.pieces.count
    sighting.client = state.extended?.client ?? sighting.client
    const breach = message._tag === "Extended" ? ears.get(message.id)?.(message.payload) : undefined
    return breach && violation(breach.rule, breach.detail)
  }

  const wire = yield* Stream.toPull(
    Wire.messages(torrent.geometry?.pieces ?? mostPieces)(Stream.fromPull(Effect.succeed(pull))),
  )
  const receive: Effect.Effect<Messages, Lost> = wire.pipe(
    Pull.catchDone(() => Effect.never),
    Effect.mapError((error) => (error._tag === "BadFrame" ? violation(error.rule, error.detail) : disconnected(error))),
  )
  const scope = yield* Effect.scope
  /** A read that is under way, of a link that may change hands. */
  let reading: Fiber.Fiber<Messages, Lost> | undefined
  /** It goes on when whoever waits for it goes, and what it brings is the next one's. */
  const receiveForAnybody = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      reading ??= yield* Effect.forkIn(Effect.interruptible(receive), scope)
      const read = yield* restore(Fiber.await(reading))
      reading = undefined
      unread = yield* read
    }),
  ).pipe(Effect.andThen(Effect.suspend(() => next)))
  const next: Effect.Effect<Messages, Lost> = Effect.suspend(() => {
    if (!Array.isReadonlyArrayNonEmpty(unread)) {
      return early === undefined && reading === undefined ? receive : receiveForAnybody
    }
    const batch = unread
    unread = []
    return Effect.succeed(batch)
  })

  const send = (...messages: Messages) => Effect.mapError(writer.write(PeerMessage.printAll(messages)), disconnected)

  const link: Link = {
    peer,
    peerId: handshake.peerId,
    extensions: handshake,
    introduce: (introduction) =>
      Effect.suspend(() => {
        if (isIntroduced) return announce(send, handshake, introduction)
        isIntroduced = true
        const about = { yourAddress: peer.address, ...introduction.about }
        return introduce(send, handshake, { ...introduction, about })
      }),
    observe: (heard) => {
      observer = heard
    },
    hear: (id, ear) => void ears.set(id, ear),
    state: () => state,
    talk,
    describe: (pieces) => {
      if (early === undefined) return undefined
      const { words } = early
      early = undefined
      talk.describe(pieces)
      state = { ...state, pieces: Bitfield.Bitfield.empty(pieces) }
      for (const word of words) {
        const broken = fold(word)
        if (broken !== undefined) return broken
      }
      return undefined
    },
    seen: () => sighting.seen,
    send,
    sendPieces: (pieces) => Effect.mapError(writer.writeAll(pieces), disconnected),
    enter: (entered) => {
      if (entered === "unchoke") sighting.begin()
      if (entered === "download") sighting.done("unchoke")
      phase = entered
    },
    pull: Effect.flatMap(next, (batch) => {
      for (let i = 0; i < batch.length; i++) {
        const broken = fold(batch[i]!)
        if (broken !== undefined) return Effect.fail(broken)
      }
      return Effect.succeed(batch)
    }),
    until: Effect.fnUntraced(function* (predicate) {
      while (!predicate(state)) {
        const batch = yield* next
        let read = 0
        while (read < batch.length && !predicate(state)) {
          const message = batch[read++]!
          const broken = message._tag === "Piece" ? unwanted(message) : fold(message)
          if (broken !== undefined) return yield* broken
        }
        unread = batch.slice(read)
      }
    }),
  }
  return link
})

/** Our extended handshake, for who understands it. */
export const greeting = (
  { extended }: Pick<Handshake.Handshake, "extended">,
  about: Self.About,
): Array<PeerMessage.PeerMessage> =>
  extended ? [{ _tag: "Extended", id: 0, payload: ExtendedHandshake.toBytes(Self.greeting(about)) }] : []

/** BEP 6 wants one word about our pieces right after the handshake, BEP 10 a handshake of its own. */
const introduce = (send: Link["send"], handshake: Handshake.Handshake, { about, pieces }: Introduction) => {
  const { fast } = handshake
  const words = greeting(handshake, about)
  if (pieces !== undefined && pieces.count > 0) {
    words.push(fast && pieces.complete ? { _tag: "HaveAll" } : { _tag: "Bitfield", bits: pieces.toBytes() })
  } else if (fast) words.push({ _tag: "HaveNone" })
  return Array.isArrayNonEmpty(words) ? send(...words) : Effect.void
}

/** What a second introduction may say: our extended handshake again (BEP 10), and each piece by itself. */
const announce = (send: Link["send"], handshake: Handshake.Handshake, { about, pieces }: Introduction) => {
  const words = greeting(handshake, about)
  for (let piece = 0; piece < (pieces?.size ?? 0); piece++) if (pieces!.has(piece)) words.push({ _tag: "Have", piece })
  return Array.isArrayNonEmpty(words) ? send(...words) : Effect.void
}

const prepend = (first: Uint8Array, bytes: Connection["pull"]): Connection["pull"] => {
  let rest = first
  return Effect.suspend(() => {
    if (rest.length === 0) return bytes
    const chunk = rest
    rest = rest.subarray(rest.length)
    return Effect.succeed([chunk] as const)
  })
}

const violationInWords = (violation: PeerState.Violation): [ProtocolViolation["rule"], string] => {
  switch (violation._tag) {
    case "BitfieldLength":
      return ["bitfield of the wrong length", `${violation.length} bytes instead of ${violation.expected}`]
    case "BitfieldSpareBit":
      return ["spare bit set in the bitfield", "the bits after the last piece must be zero"]
    case "NoSuchPiece":
      return ["no such piece", `piece ${violation.piece} of ${violation.pieces}`]
  }
}

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

const make = ({ connection, rest, ...caller }: Caller, torrent: Subject) => {
  const pieces = torrent.geometry?.pieces
  const bytes = Stream.fromPull(Effect.succeed(prepend(rest, connection.pull)))
  return Effect.zipWith(
    Effect.scope,
    Stream.toPull(Wire.messages(pieces ?? mostPieces)(bytes)),
    (scope, wire): Link => new Conversed({ ...caller, scope, writer: connection.writer, wire }, pieces),
  )
}

interface Parts extends Pick<Caller, "peer" | "handshake" | "sighting"> {
  readonly scope: Scope.Scope
  readonly writer: Socket.Writer
  readonly wire: Pull.Pull<Messages, Socket.SocketError | Wire.BadFrame>
}

class Conversed implements Link {
  readonly peer: NetAddress.InetAddress
  readonly extensions: Handshake.Handshake
  readonly talk: Talk
  readonly #sighting: Sighting
  readonly #scope: Scope.Scope
  readonly #writer: Socket.Writer
  readonly #receive: Effect.Effect<Messages, Lost>
  #phase: Phase = "bitfield"
  #state: PeerState.PeerState
  /** What it has said of its pieces before we knew how many there are. */
  #early: EarlyWords | undefined
  #observer = nobody
  #isIntroduced = false
  #ears: Map<number, Ear> | undefined
  #unread: ReadonlyArray<PeerMessage.PeerMessage> = none
  /** A read that is under way, of a link that may change hands. */
  #reading: Fiber.Fiber<Messages, Lost> | undefined

  constructor({ handshake, peer, scope, sighting, wire, writer }: Parts, pieces: number | undefined) {
    this.peer = peer
    this.extensions = handshake
    this.talk = new Talk(pieces ?? 0)
    this.#sighting = sighting
    this.#scope = scope
    this.#writer = writer
    this.#state = PeerState.initial(pieces ?? 0)
    this.#early = pieces === undefined ? new EarlyWords() : undefined
    this.#receive = Pull.catchDone(wire, () => Effect.never).pipe(
      Effect.mapError((error) =>
        error._tag === "BadFrame" ? this.#violation(error.rule, error.detail) : this.#disconnected(error),
      ),
    )
  }

  get peerId(): Uint8Array {
    return this.extensions.peerId
  }

  state(): PeerState.PeerState {
    return this.#state
  }

  seen(): Seen {
    return this.#sighting.seen
  }

  introduce(introduction: Introduction): Effect.Effect<void, Disconnected> {
    return Effect.suspend(() => {
      if (this.#isIntroduced) return this.#say(announced(this.extensions, introduction))
      this.#isIntroduced = true
      const about = { yourAddress: this.peer.address, ...introduction.about }
      return this.#say(introduced(this.extensions, { ...introduction, about }))
    })
  }

  observe(observer: Observer): void {
    this.#observer = observer
  }

  hear(id: number, ear: Ear): void {
    this.#ears ??= new Map()
    this.#ears.set(id, ear)
  }

  send(...messages: Messages): Effect.Effect<void, Disconnected> {
    return Effect.mapError(this.#writer.write(PeerMessage.printAll(messages)), (cause) => this.#disconnected(cause))
  }

  sendPieces(pieces: Array.NonEmptyReadonlyArray<Uint8Array>): Effect.Effect<void, Disconnected> {
    return Effect.mapError(this.#writer.writeAll(pieces), (cause) => this.#disconnected(cause))
  }

  enter(phase: Phase): void {
    if (phase === "unchoke") this.#sighting.begin()
    if (phase === "download") this.#sighting.done("unchoke")
    this.#phase = phase
  }

  describe(pieces: number): ProtocolViolation | undefined {
    if (this.#early === undefined) return undefined
    const { words } = this.#early
    this.#early = undefined
    this.talk.describe(pieces)
    this.#state = { ...this.#state, pieces: Bitfield.Bitfield.empty(pieces) }
    for (const word of words) {
      const broken = this.#fold(word)
      if (broken !== undefined) return broken
    }
    return undefined
  }

  get pull(): Effect.Effect<Messages, Lost> {
    return Effect.flatMap(this.#next, (batch) => {
      for (let i = 0; i < batch.length; i++) {
        const broken = this.#fold(batch[i]!)
        if (broken !== undefined) return Effect.fail(broken)
      }
      return Effect.succeed(batch)
    })
  }

  until(predicate: (state: PeerState.PeerState) => boolean): Effect.Effect<void, Lost> {
    return Effect.gen({ self: this }, function* () {
      while (!predicate(this.#state)) {
        const batch = yield* this.#next
        let read = 0
        while (read < batch.length && !predicate(this.#state)) {
          const message = batch[read++]!
          const broken = message._tag === "Piece" ? this.#unwanted(message) : this.#fold(message)
          if (broken !== undefined) return yield* broken
        }
        this.#unread = batch.slice(read)
      }
    })
  }

  get #next(): Effect.Effect<Messages, Lost> {
    return Effect.suspend(() => {
      if (!Array.isReadonlyArrayNonEmpty(this.#unread)) {
        return this.#early === undefined && this.#reading === undefined ? this.#receive : this.#receiveForAnybody
      }
      const batch = this.#unread
      this.#unread = none
      return Effect.succeed(batch)
    })
  }

  /** It goes on when whoever waits for it goes, and what it brings is the next one's. */
  get #receiveForAnybody(): Effect.Effect<Messages, Lost> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.gen({ self: this }, function* () {
        this.#reading ??= yield* Effect.forkIn(Effect.interruptible(this.#receive), this.#scope)
        const read = yield* restore(Fiber.await(this.#reading))
        this.#reading = undefined
        this.#unread = yield* read
      }),
    ).pipe(Effect.andThen(Effect.suspend(() => this.#next)))
  }

  #say(words: ReadonlyArray<PeerMessage.PeerMessage>): Effect.Effect<void, Disconnected> {
    return Array.isReadonlyArrayNonEmpty(words) ? this.send(...words) : Effect.void
  }

  #unwanted(message: PeerMessage.PeerMessage): ProtocolViolation | undefined {
    const tooMuch = this.talk.hear(message)
    if (tooMuch === undefined) return undefined
    return this.#violation("flood", `${tooMuch}, and no block that we want among them`)
  }

  /** Folds one message into the state; the state before a violation is kept. What a block is worth is not known here. */
  #fold(message: PeerMessage.PeerMessage): ProtocolViolation | undefined {
    if (message._tag === "Piece") return undefined
    const flood = this.#unwanted(message)
    if (flood !== undefined) return flood
    if (this.#early?.keep(message) === true) return undefined
    const { pieces } = this.#state
    const had = pieces.count
    const next = PeerState.step(this.#state, message)
    if (Result.isFailure(next)) return this.#violation(...violationInWords(next.failure))
    const state = (this.#state = next.success)
    if (state.pieces !== pieces) this.#observer.replaced()
    else if (message._tag === "Have" && pieces.count > had) this.#observer.gained(message.piece)
    if (state.announced) this.#sighting.have = state.pieces.count
    this.#sighting.client = state.extended?.client ?? this.#sighting.client
    const breach = message._tag === "Extended" ? this.#ears?.get(message.id)?.(message.payload) : undefined
    return breach && this.#violation(breach.rule, breach.detail)
  }

  #disconnected(cause: Socket.SocketError): Disconnected {
    return new Disconnected({ ...this.#about, reason: disconnectReason(cause), cause })
  }

  #violation(rule: ProtocolViolation["rule"], detail: string): ProtocolViolation {
    return new ProtocolViolation({ ...this.#about, rule, detail })
  }

  get #about() {
    return { peer: this.peer, seen: this.#sighting.seen, phase: this.#phase }
  }
}

const none: ReadonlyArray<PeerMessage.PeerMessage> = []

/** Our extended handshake, for who understands it. */
export const greeting = (
  { extended }: Pick<Handshake.Handshake, "extended">,
  about: Self.About,
): Array<PeerMessage.PeerMessage> =>
  extended ? [{ _tag: "Extended", id: 0, payload: ExtendedHandshake.toBytes(Self.greeting(about)) }] : []

/** BEP 6 wants one word about our pieces right after the handshake, BEP 10 a handshake of its own. */
const introduced = (handshake: Handshake.Handshake, { about, pieces }: Introduction) => {
  const { fast } = handshake
  const words = greeting(handshake, about)
  if (pieces !== undefined && pieces.count > 0) {
    words.push(fast && pieces.complete ? { _tag: "HaveAll" } : { _tag: "Bitfield", bits: pieces.toBytes() })
  } else if (fast) words.push({ _tag: "HaveNone" })
  return words
}

/** What a second introduction may say: our extended handshake again (BEP 10), and each piece by itself. */
const announced = (handshake: Handshake.Handshake, { about, pieces }: Introduction) => {
  const words = greeting(handshake, about)
  for (let piece = 0; piece < (pieces?.size ?? 0); piece++) if (pieces!.has(piece)) words.push({ _tag: "Have", piece })
  return words
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

/**
 * A link as it is: folds what the peer says into what it has told us, and hands it on.
 *
 * What was read and not taken is the next one's: whoever stops waiting, and whoever waits for one message of many, loses nothing.
 */
import { Bitfield, type Handshake, PeerMessage, PeerState } from "@unchoke/protocol"
import { Array, Effect, Fiber, Pull, Result, type Scope } from "effect"
import type { NetAddress } from "effect/net"
import type { Socket } from "effect/socket"
import type { Caller } from "./accept.ts"
import { EarlyWords } from "./EarlyWords.ts"
import { Disconnected, type Phase, ProtocolViolation, type Seen } from "./errors.ts"
import { announced, introduced, type Introduction } from "./Introduction.ts"
import { type Ear, type Link, type Lost, type Messages, nobody, type Observer } from "./Link.ts"
import type { Sighting } from "./Sighting.ts"
import { disconnectReason } from "./socketReasons.ts"
import { Talk } from "./Talk.ts"
import type * as Wire from "./Wire.ts"

export interface Parts extends Pick<Caller, "peer" | "handshake" | "sighting"> {
  readonly scope: Scope.Scope
  readonly writer: Socket.Writer
  readonly wire: Pull.Pull<Messages, Socket.SocketError | Wire.BadFrame>
}

export class Conversed implements Link {
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

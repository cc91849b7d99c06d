/**
 * How a conversation with a peer can fail: which peer, in which phase, what was seen, what was wanted.
 *
 * Fields are data; the one sentence for people is derived from them, here. Peers and durations encode as strings and milliseconds.
 *
 * Fields are declared again in their class, as those of every schema that is a class: what is said of a schema's own fields does not reach whoever reads an instance's (`told.ts`).
 */
import { type Duration, Schema } from "effect"
import type { NetAddress } from "effect/net"
import type { Told } from "../told.ts"
import {
  connectInWords,
  descriptionInWords,
  dismissedInWords,
  handshakeInWords,
  inSeconds,
  name,
  phaseInWords,
} from "./words.ts"

/** What a probe learnt of a peer before it ended, whatever the end was. */
export interface Seen {
  /** Name and version: BEP 10's `v`, else what the peer id tells. */
  readonly client?: string | undefined
  /** How what follows its encrypted handshake is sent, where there was one. Unless encryption is required by us, it is required by the peer. */
  readonly encrypted?: "plain" | "rc4" | undefined
  /** How many pieces it said it has. */
  readonly have?: number | undefined
  /** How long the TCP connection took. */
  readonly connect?: Duration.Duration | undefined
  /** From the open connection to the peer's handshake. */
  readonly handshake?: Duration.Duration | undefined
  /** From our `interested` to its `unchoke`. */
  readonly unchoke?: Duration.Duration | undefined
  /** How long the whole conversation took. */
  readonly elapsed: Duration.Duration
}

const seen = {
  client: Schema.optional(Schema.String),
  encrypted: Schema.optional(Schema.Literals(["plain", "rc4"])),
  have: Schema.optional(Schema.Int),
  connect: Schema.optional(Schema.DurationFromMillis),
  handshake: Schema.optional(Schema.DurationFromMillis),
  unchoke: Schema.optional(Schema.DurationFromMillis),
  elapsed: Schema.DurationFromMillis,
}

/** Encodes durations as milliseconds. */
export const Seen: Told<Schema.Struct<typeof seen>, Seen> = Schema.Struct(seen)

/** What is told of one peer. */
export interface AboutPeer {
  /** Whom it is about: the address at which it was called, or from which it calls. */
  readonly peer: NetAddress.InetAddress
}

/** What is told of a peer that was looked at: each error of one, and the events that say how far it has come. */
export interface SeenPeer extends AboutPeer {
  /** What was seen of it by then, and how long each step took. */
  readonly seen: Seen
}

const seenPeer = { peer: Schema.InetAddressFromString, seen: Seen }

/** No TCP connection. `timed out` is the most frequent answer of real peer lists. */
export class ConnectFailed extends Schema.TaggedError<ConnectFailed, SeenPeer>()("ConnectFailed", {
  ...seenPeer,
  reason: Schema.Literals(["refused", "timed out", "unreachable", "reset", "no sockets left", "other"]),
  cause: Schema.optional(Schema.Defect()),
}) {
  /** What the system said. */
  declare readonly reason: typeof ConnectFailed.fields.reason.Type
  /** Its own error. */
  declare readonly cause?: unknown

  override get message(): string {
    return `${name(this.peer)}: ${connectInWords[this.reason]}`
  }
}

/** A connection, but no handshake for our torrent. */
export class HandshakeFailed extends Schema.TaggedError<HandshakeFailed, SeenPeer>()("HandshakeFailed", {
  ...seenPeer,
  reason: Schema.Literals(["closed", "reset", "timed out", "not BitTorrent", "wrong info hash", "ourselves"]),
  plain: Schema.optional(Schema.Literals(["closed", "reset", "timed out", "not tried"])),
}) {
  /** What the peer did, or said, instead. */
  declare readonly reason: typeof HandshakeFailed.fields.reason.Type
  /** Where it was an encrypted handshake that failed: how a plain one had failed before, or that none was tried. */
  declare readonly plain?: typeof HandshakeFailed.fields.plain.Type

  override get message(): string {
    return `${name(this.peer)}: ${handshakeInWords(this)}`
  }
}

/** The peer does not have the entire torrent. */
export class IncompletePeer extends Schema.TaggedError<IncompletePeer, SeenPeer>()("IncompletePeer", {
  ...seenPeer,
  have: Schema.Int,
  want: Schema.Int,
}) {
  /** How many pieces it has. */
  declare readonly have: number
  /** How many the torrent has. */
  declare readonly want: number

  override get message(): string {
    return `${name(this.peer)}: has ${this.have} of ${this.want} pieces`
  }
}

/** The peer did not unchoke us in time: in the probe, or again during the download. */
export class ChokeTimeout extends Schema.TaggedError<ChokeTimeout, SeenPeer>()("ChokeTimeout", {
  ...seenPeer,
  waited: Schema.DurationFromMillis,
}) {
  /** How long we waited. */
  declare readonly waited: Duration.Duration

  override get message(): string {
    return `${name(this.peer)}: did not unchoke us in ${inSeconds(this.waited)}`
  }
}

/** Where in the conversation something happened. */
export const Phase = Schema.Literals(["description", "bitfield", "unchoke", "download"])
/** A part of the conversation with a peer. */
export type Phase = typeof Phase.Type

/** The peer broke a rule of the protocol. */
export class ProtocolViolation extends Schema.TaggedError<ProtocolViolation, SeenPeer>()("ProtocolViolation", {
  ...seenPeer,
  phase: Phase,
  rule: Schema.Literals([
    "malformed message",
    "message too long",
    "bitfield of the wrong length",
    "spare bit set in the bitfield",
    "no such piece",
    "block that was not asked for",
    "pieces taken back",
    "flood",
  ]),
  detail: Schema.String,
}) {
  /** When. */
  declare readonly phase: Phase
  /** Which rule it was. */
  declare readonly rule: typeof ProtocolViolation.fields.rule.Type
  /** What it sent, in words. */
  declare readonly detail: string

  override get message(): string {
    return `${name(this.peer)}: ${this.rule} (${this.detail})`
  }
}

/** The peer went away after the handshake. */
export class Disconnected extends Schema.TaggedError<Disconnected, SeenPeer>()("Disconnected", {
  ...seenPeer,
  phase: Phase,
  reason: Schema.Literals(["closed", "reset", "silent", "other"]),
  cause: Schema.optional(Schema.Defect()),
}) {
  /** When. */
  declare readonly phase: Phase
  /** How: `silent` is a peer that said nothing for too long. */
  declare readonly reason: typeof Disconnected.fields.reason.Type
  /** What the system said. */
  declare readonly cause?: unknown

  override get message(): string {
    const how = { closed: "hung up", reset: "reset the connection", silent: "fell silent", other: "was lost" }
    return `${name(this.peer)}: ${how[this.reason]} ${phaseInWords[this.phase]}`
  }
}

/** The peer unchoked us and then sent no block that we had asked for. */
export class Stalled extends Schema.TaggedError<Stalled, SeenPeer>()("Stalled", {
  ...seenPeer,
  waited: Schema.DurationFromMillis,
}) {
  /** How long we waited. */
  declare readonly waited: Duration.Duration

  override get message(): string {
    return `${name(this.peer)}: sent nothing for ${inSeconds(this.waited)}`
  }
}

/** The peer gave next to nothing while others were there who may give more. It is asked again when they do not. */
export class TooSlow extends Schema.TaggedError<TooSlow, SeenPeer>()("TooSlow", {
  ...seenPeer,
  rate: Schema.Int,
}) {
  /** Bytes a second, of late. */
  declare readonly rate: number

  override get message(): string {
    return `${name(this.peer)}: gave only ${this.rate} bytes a second while others waited`
  }
}

/** We hung up, for no fault of the peer's. */
export class Dismissed extends Schema.TaggedError<Dismissed, SeenPeer>()("Dismissed", {
  ...seenPeer,
  reason: Schema.Literals([
    "room for others",
    "nothing to exchange",
    "connected twice",
    "we are done",
    "promised too much",
    "another was chosen",
  ]),
}) {
  /** What for. */
  declare readonly reason: typeof Dismissed.fields.reason.Type

  override get message(): string {
    return `${name(this.peer)}: ${dismissedInWords[this.reason]}`
  }
}

/** The peer sent blocks that are not those of the torrent: that is certain. It is not asked again. */
export class CorruptPiece extends Schema.TaggedError<CorruptPiece, SeenPeer>()("CorruptPiece", {
  ...seenPeer,
  piece: Schema.Int,
}) {
  /** One that it spoiled, from 0. */
  declare readonly piece: number

  override get message(): string {
    return `${name(this.peer)}: sent a corrupt piece (${this.piece})`
  }
}

/** The peer did not tell us what the torrent is (BEP 9). */
export class DescriptionRefused extends Schema.TaggedError<DescriptionRefused, SeenPeer>()("DescriptionRefused", {
  ...seenPeer,
  reason: Schema.Literals(["has none", "too long", "rejected", "timed out", "garbage", "false"]),
}) {
  /** How: `false` is a description whose hash is wrong. */
  declare readonly reason: typeof DescriptionRefused.fields.reason.Type

  override get message(): string {
    return `${name(this.peer)}: ${descriptionInWords[this.reason]}`
  }
}

/** How a probe can end other than with a link. */
export const ProbeError = Schema.Union([
  ConnectFailed,
  HandshakeFailed,
  IncompletePeer,
  ChokeTimeout,
  ProtocolViolation,
  Disconnected,
  DescriptionRefused,
])
/** One of the ways in which a probe can end other than with a link: `switch` on its `_tag`. */
export type ProbeError = typeof ProbeError.Type

/** How a link can end before the download does. */
export const LinkError = Schema.Union([
  ChokeTimeout,
  ProtocolViolation,
  Disconnected,
  Stalled,
  TooSlow,
  CorruptPiece,
  Dismissed,
])
/** One of the ways in which a link can end before the download does: `switch` on its `_tag`. */
export type LinkError = typeof LinkError.Type

/** Why a candidate will not give us the file: it failed its probe, or it passed and was lost. */
export const Rejection = Schema.Union([...ProbeError.members, Stalled, TooSlow, CorruptPiece, Dismissed])
/** The verdict on one candidate: `switch` on its `_tag`, or `verdictInWords`. */
export type Rejection = typeof Rejection.Type

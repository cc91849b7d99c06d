/**
 * How a conversation with a peer can fail: which peer, in which phase, what was seen, what was wanted.
 *
 * Fields are data; the one sentence for people is derived from them, here. Peers and durations encode as strings and milliseconds.
 */
import { Schema } from "effect"
import {
  connectInWords,
  descriptionInWords,
  dismissedInWords,
  handshakeInWords,
  inSeconds,
  name,
  phaseInWords,
} from "./words.ts"

const seen = {
  /** Name and version: BEP 10's `v`, else what the peer id tells. */
  client: Schema.optional(Schema.String),
  /** How what follows its encrypted handshake is sent, where there was one. Unless encryption is required by us, it is required by the peer. */
  encrypted: Schema.optional(Schema.Literals(["plain", "rc4"])),
  /** How many pieces it said it has. */
  have: Schema.optional(Schema.Int),
  /** How long the TCP connection took. */
  connect: Schema.optional(Schema.DurationFromMillis),
  /** From the open connection to the peer's handshake. */
  handshake: Schema.optional(Schema.DurationFromMillis),
  /** From our `interested` to its `unchoke`. */
  unchoke: Schema.optional(Schema.DurationFromMillis),
  /** How long the whole conversation took. */
  elapsed: Schema.DurationFromMillis,
}

/** What a probe has learnt of a peer, each field with its meaning and unit. */
export type SeenFields = { readonly [Name in keyof typeof seen]: (typeof seen)[Name] }

/** What a probe learnt of a peer before it ended, whatever the end was. */
export const Seen: Schema.Struct<SeenFields> = Schema.Struct(seen)
export type Seen = typeof Seen.Type

/** What each of these errors has. */
type About = {
  /** Whom it is about: the address at which it was called, or from which it calls. */
  readonly peer: typeof Schema.InetAddressFromString
  /** What was seen of it by then, and how long each step took. */
  readonly seen: typeof Seen
}

const about = <const Fields extends Schema.Struct.Fields>(fields: Fields): About & Fields => ({
  peer: Schema.InetAddressFromString,
  seen: Seen,
  ...fields,
})

/** No TCP connection. `timed out` is the most frequent answer of real peer lists. */
export class ConnectFailed extends Schema.TaggedError<ConnectFailed>()(
  "ConnectFailed",
  about({
    /** What the system said. */
    reason: Schema.Literals(["refused", "timed out", "unreachable", "reset", "no sockets left", "other"]),
    /** Its own error. */
    cause: Schema.optional(Schema.Defect()),
  }),
) {
  override get message(): string {
    return `${name(this.peer)}: ${connectInWords[this.reason]}`
  }
}

/** A connection, but no handshake for our torrent. */
export class HandshakeFailed extends Schema.TaggedError<HandshakeFailed>()(
  "HandshakeFailed",
  about({
    /** What the peer did, or said, instead. */
    reason: Schema.Literals(["closed", "reset", "timed out", "not BitTorrent", "wrong info hash", "ourselves"]),
    /** Where it was an encrypted handshake that failed: how a plain one had failed before, or that none was tried. */
    plain: Schema.optional(Schema.Literals(["closed", "reset", "timed out", "not tried"])),
  }),
) {
  override get message(): string {
    return `${name(this.peer)}: ${handshakeInWords(this)}`
  }
}

/** The peer does not have the entire torrent. */
export class IncompletePeer extends Schema.TaggedError<IncompletePeer>()(
  "IncompletePeer",
  about({
    /** How many pieces it has. */
    have: Schema.Int,
    /** How many the torrent has. */
    want: Schema.Int,
  }),
) {
  override get message(): string {
    return `${name(this.peer)}: has ${this.have} of ${this.want} pieces`
  }
}

/** The peer did not unchoke us in time: in the probe, or again during the download. */
export class ChokeTimeout extends Schema.TaggedError<ChokeTimeout>()(
  "ChokeTimeout",
  about({
    /** How long we waited. */
    waited: Schema.DurationFromMillis,
  }),
) {
  override get message(): string {
    return `${name(this.peer)}: did not unchoke us in ${inSeconds(this.waited)}`
  }
}

/** Where in the conversation something happened. */
export const Phase = Schema.Literals(["description", "bitfield", "unchoke", "download"])
export type Phase = typeof Phase.Type

/** The peer broke a rule of the protocol. */
export class ProtocolViolation extends Schema.TaggedError<ProtocolViolation>()(
  "ProtocolViolation",
  about({
    /** When. */
    phase: Phase,
    /** Which rule it was. */
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
    /** What it sent, in words. */
    detail: Schema.String,
  }),
) {
  override get message(): string {
    return `${name(this.peer)}: ${this.rule} (${this.detail})`
  }
}

/** The peer went away after the handshake. */
export class Disconnected extends Schema.TaggedError<Disconnected>()(
  "Disconnected",
  about({
    /** When. */
    phase: Phase,
    /** How: `silent` is a peer that said nothing for too long. */
    reason: Schema.Literals(["closed", "reset", "silent", "other"]),
    /** What the system said. */
    cause: Schema.optional(Schema.Defect()),
  }),
) {
  override get message(): string {
    const how = { closed: "hung up", reset: "reset the connection", silent: "fell silent", other: "was lost" }
    return `${name(this.peer)}: ${how[this.reason]} ${phaseInWords[this.phase]}`
  }
}

/** The peer unchoked us and then sent no block that we had asked for. */
export class Stalled extends Schema.TaggedError<Stalled>()(
  "Stalled",
  about({
    /** How long we waited. */
    waited: Schema.DurationFromMillis,
  }),
) {
  override get message(): string {
    return `${name(this.peer)}: sent nothing for ${inSeconds(this.waited)}`
  }
}

/** The peer gave next to nothing while others were there who may give more. It is asked again when they do not. */
export class TooSlow extends Schema.TaggedError<TooSlow>()(
  "TooSlow",
  about({
    /** Bytes a second, of late. */
    rate: Schema.Int,
  }),
) {
  override get message(): string {
    return `${name(this.peer)}: gave only ${this.rate} bytes a second while others waited`
  }
}

/** We hung up, for no fault of the peer's. */
export class Dismissed extends Schema.TaggedError<Dismissed>()(
  "Dismissed",
  about({
    /** What for. */
    reason: Schema.Literals([
      "room for others",
      "nothing to exchange",
      "connected twice",
      "we are done",
      "promised too much",
      "another was chosen",
    ]),
  }),
) {
  override get message(): string {
    return `${name(this.peer)}: ${dismissedInWords[this.reason]}`
  }
}

/** The peer sent blocks that are not those of the torrent: that is certain. It is not asked again. */
export class CorruptPiece extends Schema.TaggedError<CorruptPiece>()(
  "CorruptPiece",
  about({
    /** One that it spoiled, from 0. */
    piece: Schema.Int,
  }),
) {
  override get message(): string {
    return `${name(this.peer)}: sent a corrupt piece (${this.piece})`
  }
}

/** The peer did not tell us what the torrent is (BEP 9). */
export class DescriptionRefused extends Schema.TaggedError<DescriptionRefused>()(
  "DescriptionRefused",
  about({
    /** How: `false` is a description whose hash is wrong. */
    reason: Schema.Literals(["has none", "too long", "rejected", "timed out", "garbage", "false"]),
  }),
) {
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
export type LinkError = typeof LinkError.Type

/** Why a candidate will not give us the file: it failed its probe, or it passed and was lost. */
export const Rejection = Schema.Union([...ProbeError.members, Stalled, TooSlow, CorruptPiece, Dismissed])
export type Rejection = typeof Rejection.Type

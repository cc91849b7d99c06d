/**
 * What peers say to each other after the handshake: BEP 3, the fast extension (BEP 6), and the envelope of BEP 10.
 *
 * A frame is a message without its length prefix. Blocks and payloads are views of the frame, not copies.
 */
import { Effect, Schema, SchemaGetter, SchemaIssue } from "effect"

const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
const Uint32 = Schema.Int.check(Schema.isUint32())
const range = { piece: Uint32, begin: Uint32, length: Uint32 }

export const PeerMessage = Schema.TaggedUnion({
  KeepAlive: {},
  Choke: {},
  Unchoke: {},
  Interested: {},
  NotInterested: {},
  Have: { piece: Uint32 },
  Bitfield: { bits: Schema.Uint8Array },
  Request: range,
  Piece: { piece: Uint32, begin: Uint32, block: Schema.Uint8Array },
  Cancel: range,
  Port: { port: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })) },
  SuggestPiece: { piece: Uint32 },
  HaveAll: {},
  HaveNone: {},
  RejectRequest: range,
  AllowedFast: { piece: Uint32 },
  Extended: { id: Byte, payload: Schema.Uint8Array },
  /** An id that we do not know: ignored, as BEP 3's extensibility wants. */
  Unknown: { id: Byte.check(Schema.makeFilter((id) => !(id in names))), payload: Schema.Uint8Array },
})
export type PeerMessage = typeof PeerMessage.Type

/** A message of one kind. */
export type Of<Tag extends PeerMessage["_tag"]> = Extract<PeerMessage, { readonly _tag: Tag }>

/** The ids of BEP 3, 6 and 10. */
export const ids = {
  Choke: 0,
  Unchoke: 1,
  Interested: 2,
  NotInterested: 3,
  Have: 4,
  Bitfield: 5,
  Request: 6,
  Piece: 7,
  Cancel: 8,
  Port: 9,
  SuggestPiece: 13,
  HaveAll: 14,
  HaveNone: 15,
  RejectRequest: 16,
  AllowedFast: 17,
  Extended: 20,
} as const

/** Reads one frame; a string says what is malformed. */
export const parse = (frame: Uint8Array): PeerMessage | string => {
  if (frame.length === 0) return { _tag: "KeepAlive" }
  const id = frame[0]!
  const payload = frame.length - 1
  const name = names[id]
  if (name === undefined) return { _tag: "Unknown", id, payload: frame.subarray(1) }
  const exact = exactPayload[name]
  if (exact !== undefined && payload !== exact) return `${name} of ${payload} bytes instead of ${exact}`
  switch (name) {
    case "Have":
    case "SuggestPiece":
    case "AllowedFast":
      return { _tag: name, piece: uint32(frame, 1) }
    case "Bitfield":
      return { _tag: name, bits: frame.subarray(1) }
    case "Request":
    case "Cancel":
    case "RejectRequest":
      return { _tag: name, piece: uint32(frame, 1), begin: uint32(frame, 5), length: uint32(frame, 9) }
    case "Piece":
      return payload < 8
        ? `Piece of ${payload} bytes, too short for its header`
        : { _tag: name, piece: uint32(frame, 1), begin: uint32(frame, 5), block: frame.subarray(9) }
    case "Port":
      return { _tag: name, port: (frame[1]! << 8) | frame[2]! }
    case "Extended":
      return payload < 1 ? "Extended without an id" : { _tag: name, id: frame[1]!, payload: frame.subarray(2) }
    default:
      return { _tag: name }
  }
}

/** The frame of a message. */
export const print = (message: PeerMessage): Uint8Array => printWithPrefix(message).subarray(4)

/** The message as it goes over the wire: its length in four bytes, then its frame. */
export const printWithPrefix = (message: PeerMessage): Uint8Array => {
  switch (message._tag) {
    case "KeepAlive":
      return new Uint8Array(4)
    case "Have":
    case "SuggestPiece":
    case "AllowedFast":
      return framed(ids[message._tag], [message.piece])
    case "Bitfield":
      return framed(ids.Bitfield, [], message.bits)
    case "Request":
    case "Cancel":
    case "RejectRequest":
      return framed(ids[message._tag], [message.piece, message.begin, message.length])
    case "Piece":
      return framed(ids.Piece, [message.piece, message.begin], message.block)
    case "Port":
      return framed(ids.Port, [], Uint8Array.of(message.port >> 8, message.port & 0xff))
    case "Extended":
      return framed(ids.Extended, [], message.payload, message.id)
    case "Unknown":
      return framed(message.id, [], message.payload)
    default:
      return framed(ids[message._tag], [])
  }
}

/** The codec `frame ⇄ PeerMessage`. */
export const FromFrame = Schema.Uint8Array.pipe(
  Schema.decodeTo(PeerMessage, {
    decode: SchemaGetter.transformEffect((frame, options) => {
      const message = parse(frame)
      return typeof message === "string"
        ? Effect.fail(new SchemaIssue.InvalidValue({ message }, frame, options))
        : Effect.succeed(message)
    }),
    encode: SchemaGetter.transform(print),
  }),
)

type Known = keyof typeof ids

const names = Object.fromEntries(Object.entries(ids).map(([name, id]) => [id, name])) as Record<number, Known | undefined>

const exactPayload: { readonly [Name in Known]?: number } = {
  Choke: 0,
  Unchoke: 0,
  Interested: 0,
  NotInterested: 0,
  Have: 4,
  Request: 12,
  Cancel: 12,
  Port: 2,
  SuggestPiece: 4,
  HaveAll: 0,
  HaveNone: 0,
  RejectRequest: 12,
  AllowedFast: 4,
}

const uint32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0

const framed = (id: number, words: ReadonlyArray<number>, tail?: Uint8Array, extendedId?: number): Uint8Array => {
  const head = 5 + words.length * 4 + (extendedId === undefined ? 0 : 1)
  const bytes = new Uint8Array(head + (tail?.length ?? 0))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length - 4)
  bytes[4] = id
  words.forEach((word, i) => view.setUint32(5 + i * 4, word))
  if (extendedId !== undefined) bytes[5] = extendedId
  if (tail !== undefined) bytes.set(tail, head)
  return bytes
}

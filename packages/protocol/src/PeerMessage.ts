/**
 * What peers say to each other after the handshake: BEP 3, the fast extension (BEP 6), and the envelope of BEP 10.
 *
 * A frame is a message without its length prefix. Blocks and payloads are views of the frame, not copies.
 */
import { Effect, Schema, SchemaGetter, SchemaIssue } from "effect"

const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
const Uint32 = Schema.Int.check(Schema.isUint32())
const range = { piece: Uint32, begin: Uint32, length: Uint32 }

/** The messages, by `_tag`. */
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
/** One message of the peer protocol. */
export type PeerMessage = typeof PeerMessage.Type

const isPeerMessage = (value: unknown): value is PeerMessage =>
  typeof value === "object" &&
  value !== null &&
  "_tag" in value &&
  typeof value._tag === "string" &&
  value._tag in PeerMessage.cases

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
  const exact = exactById[id]
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
export const print = (message: PeerMessage): Uint8Array => printAll([message]).subarray(4)

/** Messages as they go over the wire, one after the other: each its length in four bytes, then its frame. */
export const printAll = (messages: ReadonlyArray<PeerMessage>): Uint8Array<ArrayBuffer> => {
  let length = 0
  for (let i = 0; i < messages.length; i++) length += 4 + frameLength(messages[i]!)
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (let i = 0; i < messages.length; i++) at = write(messages[i]!, bytes, view, at)
  return bytes
}

/** The codec `frame ⇄ PeerMessage`. What `parse` makes needs no second look at its fields, so the target is a declaration and not the union itself. */
export const FromFrame = Schema.Uint8Array.pipe(
  Schema.decodeTo(Schema.declare(isPeerMessage, { identifier: "PeerMessage" }), {
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

/** By id. Arrays, since each message is looked up in both of them. */
const names: Array<Known | undefined> = []
const exactById: Array<number | undefined> = []

const exactPayload = {
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
} as const

for (const [name, id] of Object.entries(ids) as Array<[Known, number]>) {
  names[id] = name
  exactById[id] = name in exactPayload ? exactPayload[name as keyof typeof exactPayload] : undefined
}

const uint32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0

const frameLength = (message: PeerMessage): number => {
  switch (message._tag) {
    case "KeepAlive":
      return 0
    case "Bitfield":
      return 1 + message.bits.length
    case "Piece":
      return 9 + message.block.length
    case "Extended":
      return 2 + message.payload.length
    case "Unknown":
      return 1 + message.payload.length
    default:
      return 1 + exactPayload[message._tag]
  }
}

/** Writes a message at `at` and returns where it ends. */
const write = (message: PeerMessage, bytes: Uint8Array, view: DataView, at: number): number => {
  const length = frameLength(message)
  const end = at + 4 + length
  view.setUint32(at, length)
  if (message._tag === "KeepAlive") return end
  bytes[at + 4] = message._tag === "Unknown" ? message.id : ids[message._tag]
  switch (message._tag) {
    case "Have":
    case "SuggestPiece":
    case "AllowedFast":
      view.setUint32(at + 5, message.piece)
      break
    case "Bitfield":
      bytes.set(message.bits, at + 5)
      break
    case "Request":
    case "Cancel":
    case "RejectRequest":
      view.setUint32(at + 5, message.piece)
      view.setUint32(at + 9, message.begin)
      view.setUint32(at + 13, message.length)
      break
    case "Piece":
      view.setUint32(at + 5, message.piece)
      view.setUint32(at + 9, message.begin)
      bytes.set(message.block, at + 13)
      break
    case "Port":
      view.setUint16(at + 5, message.port)
      break
    case "Extended":
      bytes[at + 5] = message.id
      bytes.set(message.payload, at + 6)
      break
    case "Unknown":
      bytes.set(message.payload, at + 5)
      break
  }
  return end
}

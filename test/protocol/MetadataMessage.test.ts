import { expect, it } from "@effect/vitest"
import { Bencode, MetadataMessage } from "@unchoke/protocol"
import { Schema } from "effect"
import { mutate, Mutations } from "./mutation.ts"

const Piece = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2048 }))
const Message = Schema.Union([
  Schema.TaggedStruct("Request", { piece: Piece }),
  Schema.TaggedStruct("Reject", { piece: Piece }),
  Schema.TaggedStruct("Data", {
    piece: Piece,
    size: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: MetadataMessage.longest })),
    block: Schema.Uint8Array,
  }),
])

it.prop("what we print is what a peer reads", [Message], ([message]) => {
  expect(MetadataMessage.fromBytes(MetadataMessage.toBytes(message))).toEqual(message)
})

it.prop("whatever a peer sends, it reads as a message or as none", [Schema.Uint8Array], ([bytes]) => {
  const message = MetadataMessage.fromBytes(bytes)
  if (message !== undefined) expect(message.piece).toBeGreaterThanOrEqual(0)
})

it.prop("damaged messages too", [Message, Mutations], ([message, mutations]) => {
  const bytes = mutate(MetadataMessage.toBytes(message), mutations)
  const read = MetadataMessage.fromBytes(bytes)
  if (read?._tag === "Data") expect(read.block.buffer).toBe(bytes.buffer)
})

it("a whole block of whatever bytes is no bencode", () => {
  for (const byte of [0x64, 0x65, 0x69, 0x6c, 0xff]) {
    const block = new Uint8Array(MetadataMessage.pieceSize).fill(byte)
    const message = { _tag: "Data", piece: 1, size: 40_000, block } as const
    expect(MetadataMessage.fromBytes(MetadataMessage.toBytes(message))).toEqual(message)
  }
})

const text = (bytes: string) => new TextEncoder().encode(bytes)

it.each([
  ["nothing", ""],
  ["a list", "le"],
  ["without a kind", "d5:piecei0ee"],
  ["of a kind that nobody knows", "d8:msg_typei3e5:piecei0ee"],
  ["without a piece", "d8:msg_typei0ee"],
  ["of a piece before the first", "d8:msg_typei0e5:piecei-1ee"],
  ["whose piece is a text", "d8:msg_typei0e5:piece1:0e"],
  ["whose piece is beyond all numbers", "d8:msg_typei0e5:piecei99999999999999999999ee"],
  ["cut short", "d8:msg_typei0e5:piecei0e"],
  ["a nest of lists", "l".repeat(5000)],
])("a message %s is none", (_, bytes) => expect(MetadataMessage.fromBytes(text(bytes))).toBeUndefined())

it("a block without the length of the whole has no length to be wrong", () => {
  const bytes = new Uint8Array([...Bencode.encode({ msg_type: 1, piece: 0 }), 1, 2, 3])
  expect(MetadataMessage.fromBytes(bytes)).toEqual({
    _tag: "Data",
    piece: 0,
    size: 0,
    block: new Uint8Array([1, 2, 3]),
  })
})

it.prop("parts cover the whole", [Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1e6 }))], ([size]) => {
  let sum = 0
  for (let piece = 0; piece < MetadataMessage.pieces(size); piece++) {
    const length = MetadataMessage.sizeOf(piece, size)
    expect(length).toBeGreaterThan(0)
    expect(length).toBeLessThanOrEqual(MetadataMessage.pieceSize)
    sum += length
  }
  expect(sum).toBe(size)
})

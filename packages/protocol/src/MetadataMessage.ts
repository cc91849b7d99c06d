/**
 * The messages with which peers tell each other what a torrent is (BEP 9): its `info` dictionary in pieces of 16 KiB.
 *
 * Invariant: what is no such message reads as `undefined`; a block is a view of the payload.
 */
import { Result } from "effect"
import * as Bencode from "./Bencode.ts"

/** Bytes of each piece but the last. */
export const pieceSize = 16_384

/** The longest description that anybody is believed to have, in bytes (libtorrent). */
export const longest = 32 * 1024 * 1024

/** A question for a piece of the description, the piece, or that it is not given. */
export type MetadataMessage =
  | { readonly _tag: "Request"; readonly piece: number }
  | { readonly _tag: "Data"; readonly piece: number; readonly size: number; readonly block: Uint8Array }
  | { readonly _tag: "Reject"; readonly piece: number }

/** How many pieces a description of so many bytes has. */
export const pieces = (size: number): number => Math.ceil(size / pieceSize)

/** Bytes of one of its pieces. */
export const sizeOf = (piece: number, size: number): number => Math.min(pieceSize, size - piece * pieceSize)

/** Reads a payload; what is no such message is `undefined`. */
export const fromBytes = (payload: Uint8Array): MetadataMessage | undefined => {
  const decoded = Result.getOrUndefined(Bencode.decodePrefix(payload, limits))
  const members = decoded && Bencode.asDictionary(decoded.value)
  if (decoded === undefined || members === undefined) return undefined
  const piece = Bencode.integer(members, "piece")
  if (piece === undefined || piece < 0) return undefined
  switch (Bencode.integer(members, "msg_type")) {
    case 0:
      return { _tag: "Request", piece }
    case 1:
      return {
        _tag: "Data",
        piece,
        size: Bencode.integer(members, "total_size") ?? 0,
        block: payload.subarray(decoded.end),
      }
    case 2:
      return { _tag: "Reject", piece }
    default:
      return undefined
  }
}

/** The payload, which goes into an extended message (BEP 10). */
export const toBytes = (message: MetadataMessage): Uint8Array => {
  switch (message._tag) {
    case "Request":
      return Bencode.encode({ msg_type: 0, piece: message.piece })
    case "Reject":
      return Bencode.encode({ msg_type: 2, piece: message.piece })
    case "Data": {
      const head = Bencode.encode({ msg_type: 1, piece: message.piece, total_size: message.size })
      const bytes = new Uint8Array(head.length + message.block.length)
      bytes.set(head)
      bytes.set(message.block, head.length)
      return bytes
    }
  }
}

/** A message has four members. */
const limits = { maxTokens: 64, maxBytes: 2 * pieceSize }

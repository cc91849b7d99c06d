/** What stands before a block on the wire (BEP 3): the length of the message, its id, and which block it is. */
import { ids } from "./PeerMessage.ts"

/** Bytes of a head. */
export const size = 13

/** Writes the head of a block of so many bytes. */
export const write = (view: DataView, at: number, piece: number, begin: number, length: number): void => {
  view.setUint32(at, 9 + length)
  view.setUint8(at + 4, ids.Piece)
  view.setUint32(at + 5, piece)
  view.setUint32(at + 9, begin)
}

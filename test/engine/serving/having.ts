import { Bitfield, type PeerMessage } from "@unchoke/protocol"

/** Says that it has those of so many pieces. */
export const having = (pieces: number, has: (piece: number) => boolean): PeerMessage.PeerMessage => {
  const bits = Bitfield.Bitfield.empty(pieces)
  for (let piece = 0; piece < pieces; piece++) if (has(piece)) bits.add(piece)
  return { _tag: "Bitfield", bits: bits.toBytes() }
}

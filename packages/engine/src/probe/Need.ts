/** What a peer must have to be of use to us. */
import type { Bitfield } from "@unchoke/protocol"

export interface Need {
  readonly isMetBy: (pieces: Bitfield.Bitfield) => boolean
}

/** Everything that is missing here: one peer alone is to give it. */
export const everything = (lacks: (piece: number) => boolean): Need => ({
  isMetBy: (pieces) => pieces.complete || none(pieces, (piece) => lacks(piece) && !pieces.has(piece)),
})

/** At least one piece that is missing here. */
export const something = (lacks: (piece: number) => boolean): Need => ({
  isMetBy: (pieces) => pieces.count > 0 && !none(pieces, (piece) => lacks(piece) && pieces.has(piece)),
})

const none = ({ size }: Bitfield.Bitfield, is: (piece: number) => boolean): boolean => {
  for (let piece = 0; piece < size; piece++) if (is(piece)) return false
  return true
}

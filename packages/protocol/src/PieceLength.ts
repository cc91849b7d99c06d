/** How long the pieces of a new torrent are, in bytes. */
import { maxPieceLength } from "./Metainfo.ts"

/** Shorter pieces than a block nobody asks for. */
export const least = 16_384

/** Longer ones are chosen by nobody but who wants to: a piece is the least that can be verified, or given away. */
const mostChosen = 16 * 1024 * 1024

/** Up to so many bytes the shortest pieces do. */
const shortest = 2.56 * 1024 * 1024

/**
 * The length for `length` bytes: twice as long for four times as much, from 16 KiB (up to 2.56 MiB) to 16 MiB (beyond 655 GiB), as libtorrent chooses. 1 GiB has 2048 pieces.
 */
export const forLength = (length: number): number => {
  let pieceLength = least
  for (let upTo = shortest; length > Math.round(upTo) && pieceLength < mostChosen; upTo *= 4) pieceLength *= 2
  return pieceLength
}

/** What is wrong with a length that somebody has chosen: "is no power of two". */
export const whyNot = (pieceLength: number): string | undefined => {
  if (!(pieceLength >= least)) return "is less than 16 KiB"
  if (pieceLength > maxPieceLength) return "is more than 512 MiB"
  return Number.isInteger(Math.log2(pieceLength)) ? undefined : "is no power of two"
}

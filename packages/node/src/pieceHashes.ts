/** The hashes that a torrent's pieces must have. Like `openFiles` it reaches a worker as text, so it refers to nothing outside itself but types. */
import type * as Crypto from "node:crypto"

export interface PieceHashes {
  /** Whether these are the bytes of the piece. */
  readonly isRight: (piece: number, bytes: Uint8Array) => boolean
  /** Whether this is the SHA-1 of the piece. */
  readonly isHash: (piece: number, digest: Uint8Array) => boolean
}

/** `hashes` has the SHA-1 of each piece, one after the other. */
export const pieceHashes = (crypto: typeof Crypto, hashes: Uint8Array): PieceHashes => {
  const length = 20

  const isHash = (piece: number, digest: Uint8Array): boolean => {
    for (let i = 0; i < length; i++) if (digest[i] !== hashes[piece * length + i]) return false
    return true
  }

  return { isHash, isRight: (piece, bytes) => isHash(piece, crypto.hash("sha1", bytes, "buffer")) }
}

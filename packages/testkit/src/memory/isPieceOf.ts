import { createHash } from "node:crypto"
import type { Torrent } from "@unchoke/engine"

/** Whether these bytes are the torrent's. */
export const isPieceOf = ({ pieceHashes }: Torrent, piece: number, bytes: Uint8Array): boolean =>
  createHash("sha1")
    .update(bytes)
    .digest()
    .compare(pieceHashes, piece * 20, piece * 20 + 20) === 0

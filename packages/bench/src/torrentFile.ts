/** The `.torrent` of a shape, and its info hash. */
import { Bencode } from "@unchoke/protocol"
import { createHash } from "node:crypto"
import { filePath, type Shape, totalLength } from "./Shape.ts"

export interface TorrentFile {
  readonly bytes: Uint8Array
  /** In hex. */
  readonly infoHash: string
}

export const torrentFile = (name: string, shape: Shape, hashes: Uint8Array, announce: string): TorrentFile => {
  const { count, length } = shape.files
  const info = {
    ...(count === 1
      ? { length: totalLength(shape) }
      : { files: Array.from({ length: count }, (_, index) => ({ length, path: filePath(shape, index) })) }),
    name,
    "piece length": shape.pieceLength,
    pieces: hashes,
  }
  return {
    bytes: Bencode.encode({ announce, info }),
    infoHash: createHash("sha1").update(Bencode.encode(info)).digest("hex"),
  }
}

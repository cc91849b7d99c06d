/** The `.torrent` of a shape, and its info hash. */
import { Bencode } from "@unchoke/protocol"
import { createHash } from "node:crypto"
import { filePath, type Shape, totalLength } from "./Shape.ts"

export interface TorrentFile {
  readonly bytes: Uint8Array
  /** The `info` of it alone, as peers give it to those who come by a link. */
  readonly info: Uint8Array
  /** In hex. */
  readonly infoHash: string
}

/** Whom it names: a tracker, a web server, or nobody. */
export interface Named {
  readonly announce?: string
  readonly "url-list"?: string
}

export const torrentFile = (name: string, shape: Shape, hashes: Uint8Array, named: Named): TorrentFile => {
  const { count, length } = shape.files
  const info = {
    ...(count === 1
      ? { length: totalLength(shape) }
      : { files: Array.from({ length: count }, (_, index) => ({ length, path: filePath(shape, index) })) }),
    name,
    "piece length": shape.pieceLength,
    pieces: hashes,
  }
  const encoded = Bencode.encode(info)
  return {
    bytes: Bencode.encode({ ...named, info }),
    info: encoded,
    infoHash: createHash("sha1").update(encoded).digest("hex"),
  }
}

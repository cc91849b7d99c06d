/** Made-up torrents of any shape, with their data: tiny pieces, empty files, padding files. */
import { Geometry, type Metainfo } from "@unchoke/protocol"
import { Schema } from "effect"
import { createHash } from "node:crypto"
import type { Torrent } from "@unchoke/engine"

const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

/** A torrent's shape: how long its pieces are, and its files in order. */
export const Shape = Schema.Struct({
  pieceLength: between(1, 64),
  files: Schema.Array(Schema.Struct({ length: between(0, 150), padding: Schema.Boolean, folder: between(0, 2) })).pipe(
    Schema.check(Schema.isBetweenLength(1, 8)),
  ),
})
export type Shape = typeof Shape.Type

export interface Made {
  readonly torrent: Torrent
  readonly data: Uint8Array
}

/** The torrent of a shape. No byte of its data is zero outside its padding. */
export const make = (shape: Shape): Made => {
  let offset = 0
  const files = shape.files.map(({ folder, length, padding }, index): Metainfo.TorrentFile => {
    const path = ["torrent", ...Array.from({ length: folder }, (_, depth) => `folder ${depth}`), `${index}.bin`]
    const file = { path, length, offset, padding }
    offset += length
    return file
  })
  const data = Uint8Array.from({ length: offset }, (_, at) => 1 + ((at * 7 + (at >> 3)) % 255))
  for (const file of files) if (file.padding) data.fill(0, file.offset, file.offset + file.length)
  const geometry = Geometry.make(shape.pieceLength, offset)
  const hashes = Array.from({ length: geometry.pieces }, (_, piece) => sha1(pieceOf({ geometry, data }, piece)))
  return {
    data,
    torrent: {
      infoHash: new Uint8Array(20),
      info: new Uint8Array(0),
      name: "torrent",
      named: true,
      geometry,
      pieceHashes: new Uint8Array(Buffer.concat(hashes)),
      files,
      private: false,
      trackers: [],
      unusedTrackers: [],
      webSeeds: [],
      unusedWebSeeds: [],
      comment: undefined,
      createdBy: undefined,
      creationDate: undefined,
      unknown: new Map(),
      unknownInfo: new Map(),
    },
  }
}

/** The bytes of a piece of some data. */
export const pieceOf = (of: { geometry: Geometry.Geometry; data: Uint8Array }, piece: number): Uint8Array => {
  const start = Geometry.pieceStart(of.geometry, piece)
  return of.data.subarray(start, start + Geometry.pieceSize(of.geometry, piece))
}

const sha1 = (bytes: Uint8Array) => createHash("sha1").update(bytes).digest()

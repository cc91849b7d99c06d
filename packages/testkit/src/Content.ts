/** A torrent with its data, made up for a test: small, deterministic, and complete in memory. */
import { createHash } from "node:crypto"
import { Bencode, Geometry, Metainfo } from "@unchoke/protocol"
import { Result } from "effect"
import type { Torrent } from "@unchoke/engine"

/** A torrent and all its bytes. */
export interface Content {
  /** The `.torrent` file. */
  readonly bytes: Uint8Array
  readonly torrent: Torrent
  /** The torrent's data: its files one after the other. */
  readonly data: Uint8Array
}

/** A file of a torrent with several. */
export interface ContentFile {
  readonly path: ReadonlyArray<string>
  readonly length: number
  /** Of a symbolic link, which has no bytes: where it leads, from the torrent's folder. */
  readonly link?: ReadonlyArray<string>
  /** Whether it is a padding file (BEP 47): its bytes are zeros. */
  readonly padding?: boolean
}

/** What the torrent is like; everything has a default. */
export interface ContentOptions {
  readonly name?: string
  /** In bytes; 32 KiB unless given. */
  readonly pieceLength?: number
  /** The length of a single-file torrent in bytes, or the files of a multi-file one. */
  readonly files: number | ReadonlyArray<ContentFile>
  readonly announce?: string
  /** Announce URLs in tiers (BEP 12). */
  readonly tiers?: ReadonlyArray<ReadonlyArray<string>>
  readonly private?: boolean
  /** Other data for other seeds. */
  readonly seed?: number
}

/** Makes a torrent and its data. */
export const make = (options: ContentOptions): Content => {
  const { files, name = "content.bin", pieceLength = 32_768, seed = 1 } = options
  const length = typeof files === "number" ? files : files.reduce((sum, file) => sum + file.length, 0)
  const data = noise(length, seed)
  if (typeof files !== "number") {
    let offset = 0
    for (const { length, padding } of files) {
      if (padding === true) data.fill(0, offset, offset + length)
      offset += length
    }
  }
  const info = {
    ...(typeof files === "number" ? { length } : { files: files.map(entry) }),
    name,
    "piece length": pieceLength,
    pieces: hashes(data, pieceLength),
    ...(options.private === true ? { private: 1 } : {}),
  }
  const bytes = Bencode.encode({
    ...(options.announce === undefined ? {} : { announce: options.announce }),
    ...(options.tiers === undefined ? {} : { "announce-list": options.tiers }),
    info,
  })
  const metainfo = Result.getOrThrow(Metainfo.fromBytes(bytes))
  return { bytes, data, torrent: { ...metainfo, infoHash: sha1(metainfo.info) } }
}

const entry = ({ length, link, padding, path }: ContentFile) => {
  if (padding === true) return { attr: "p", length, path }
  return link === undefined ? { length, path } : { attr: "l", length, path, "symlink path": link }
}

/** The bytes of a piece. */
export const piece = ({ data, torrent }: Content, index: number): Uint8Array => {
  const start = Geometry.pieceStart(torrent.geometry, index)
  return data.subarray(start, start + Geometry.pieceSize(torrent.geometry, index))
}

const hashes = (data: Uint8Array, pieceLength: number): Uint8Array => {
  const all = new Uint8Array(Math.ceil(data.length / pieceLength) * 20)
  for (let i = 0; i * 20 < all.length; i++) all.set(sha1(data.subarray(i * pieceLength, (i + 1) * pieceLength)), i * 20)
  return all
}

const sha1 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha1").update(bytes).digest())

/** Bytes that look random and are the same for the same seed (xorshift). */
const noise = (length: number, seed: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  let state = (seed * 2_654_435_761) >>> 0 || 1
  for (let i = 0; i < length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state & 0xff
  }
  return bytes
}

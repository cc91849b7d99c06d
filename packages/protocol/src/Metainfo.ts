/** What a `.torrent` file says (BEP 3, 12, 27, 47). */
import type { Extent, Geometry } from "./Geometry.ts"

/** A file of a torrent: its place in the torrent's data and its path below the download folder, already made safe. */
export interface TorrentFile extends Extent {
  /** Never empty; for a multi-file torrent the first segment is the torrent's own folder. */
  readonly path: ReadonlyArray<string>
  /** A padding file (BEP 47): hashed as zeros, neither written nor listed. */
  readonly padding: boolean
}

/** A decoded torrent, without its info hash (which takes SHA-1 of `info`). */
export interface Metainfo {
  /** The bytes of the `info` dictionary as they stand in the file: what the info hash is taken over. */
  readonly info: Uint8Array
  readonly name: string
  readonly geometry: Geometry
  /** SHA-1 of each piece, 20 bytes each, one after the other. */
  readonly pieceHashes: Uint8Array
  /** Ascending, without gaps: together they are the torrent's data. */
  readonly files: ReadonlyArray<TorrentFile>
  readonly private: boolean
  /** Announce URLs in tiers (BEP 12); `announce` alone is one tier of one. */
  readonly trackers: ReadonlyArray<ReadonlyArray<string>>
  readonly comment: string | undefined
  readonly createdBy: string | undefined
  /** Seconds since 1970. */
  readonly creationDate: number | undefined
}

/** A torrent that can be downloaded: its metainfo and the info hash that names it. */
import type { Metainfo } from "@unchoke/protocol"

export interface Torrent extends Metainfo.Metainfo {
  /** SHA-1 of the raw `info` dictionary, 20 bytes (BEP 3). */
  readonly infoHash: Uint8Array
}

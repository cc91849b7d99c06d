/** The torrent that a conversation is about, as far as we know it. */
import type { Geometry } from "@unchoke/protocol"

export interface Subject {
  /** 20 bytes. */
  readonly infoHash: Uint8Array
  /** Not known as long as there is only a link to it (BEP 9). */
  readonly geometry?: Geometry.Geometry
}

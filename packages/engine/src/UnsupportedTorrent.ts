/** The error of a torrent that others can download and we cannot yet. */
import { Schema } from "effect"

/** The torrent has no part in the version of BitTorrent that we speak. */
export class UnsupportedTorrent extends Schema.TaggedError<UnsupportedTorrent>()("UnsupportedTorrent", {
  version: Schema.Int,
}) {
  /** Its `meta version` (BEP 52). */
  declare readonly version: number

  override get message(): string {
    return `it is for BitTorrent v${this.version} alone, which is not supported yet`
  }
}

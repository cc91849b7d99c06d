/** The error of a file that is no torrent we can download. */
import { Schema } from "effect"

/** Which member of the torrent is wrong, and why. */
export class InvalidTorrent extends Schema.TaggedError<InvalidTorrent>()("InvalidTorrent", {
  field: Schema.String,
  why: Schema.String,
  offset: Schema.optional(Schema.Int),
}) {
  /** As a path: `info.files[3].length`; `torrent` for the file as a whole. */
  declare readonly field: string
  /** In words, after "the torrent": "is not a dictionary". */
  declare readonly why: string
  /** The byte of the file at which it begins. */
  declare readonly offset?: number | undefined

  override get message(): string {
    return this.field === "torrent" ? `the torrent ${this.why}` : `the torrent's ${this.field} ${this.why}`
  }
}

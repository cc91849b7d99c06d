/** The error of a file that is no torrent we can download. */
import { Schema } from "effect"

/** Which member of the torrent is wrong, and why. */
export class InvalidTorrent extends Schema.TaggedError<InvalidTorrent>()("InvalidTorrent", {
  /** As a path: `info.files[3].length`; `torrent` for the file as a whole. */
  field: Schema.String,
  /** In words, after "the torrent": "is not a dictionary". */
  why: Schema.String,
  /** The byte of the file at which it begins. */
  offset: Schema.optional(Schema.Int),
}) {
  override get message(): string {
    return this.field === "torrent" ? `the torrent ${this.why}` : `the torrent's ${this.field} ${this.why}`
  }
}

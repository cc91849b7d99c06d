import { Schema } from "effect"

/** Two torrents of one command would write the same file. */
export class SameFiles extends Schema.TaggedError<SameFiles>()("SameFiles", {
  name: Schema.String,
  /** How it was given: two torrents may have one name. */
  given: Schema.String,
  /** How the torrent was given that has the file. */
  other: Schema.String,
  path: Schema.String,
}) {
  override get message(): string {
    return `two torrents would write ${this.path}: ${this.other} does already, so ${this.given} is left out`
  }
}

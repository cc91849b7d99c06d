import { Schema } from "effect"

/** Two torrents of one command would write the same file. */
export class SameFiles extends Schema.TaggedError<SameFiles>()("SameFiles", {
  name: Schema.String,
  /** The torrent that has the file. */
  other: Schema.String,
  path: Schema.String,
}) {
  override get message(): string {
    return `${this.name} would write ${this.path}, which is ${this.other}'s already in this folder; it is left out`
  }
}

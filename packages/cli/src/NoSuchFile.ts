import { Schema } from "effect"

/** No file of the torrent is meant, or several are, or there is none to be watched or heard. */
export class NoSuchFile extends Schema.TaggedError<NoSuchFile>()("NoSuchFile", {
  /** As it was named; without it, none was. */
  named: Schema.optional(Schema.String),
  /** Files that may be meant, as they are named. */
  files: Schema.Array(Schema.String),
  /** Whether several are meant. */
  several: Schema.Boolean,
}) {
  override get message(): string {
    if (this.named === undefined) return "there is no file to be watched or heard in it"
    return this.several ? `several files are meant by ${this.named}` : `no file is meant by ${this.named}`
  }
}

import { Schema } from "effect"

/** Not one right piece of the torrent is in the folder. */
export class NothingToSeed extends Schema.TaggedError<NothingToSeed>()("NothingToSeed", {
  name: Schema.String,
  folder: Schema.String,
}) {
  override get message(): string {
    return `nothing of ${this.name} is in ${this.folder}`
  }
}

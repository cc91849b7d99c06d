/** One torrent is downloaded or seeded once in a program: two would write the same files and be one peer to all others. */
import { Schema } from "effect"

/** The torrent is already downloaded or seeded in this program. */
export class AlreadyRunning extends Schema.TaggedError<AlreadyRunning>()("AlreadyRunning", {
  /** The torrent's name. */
  name: Schema.String,
  /** In hexadecimal digits. */
  infoHash: Schema.String,
}) {
  override get message(): string {
    return `${this.name} is being downloaded or seeded already`
  }
}

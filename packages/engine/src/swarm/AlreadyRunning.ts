/** One torrent is downloaded or seeded once in a program: two would write the same files and be one peer to all others. */
import { Schema } from "effect"

/** The program has the torrent in hand already. */
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

/** One torrent is downloaded or seeded once in a program: two would write the same files and be one peer to all others. */
import { Schema } from "effect"

/** The program has the torrent in hand already. */
export class AlreadyRunning extends Schema.TaggedError<AlreadyRunning>()("AlreadyRunning", {
  name: Schema.String,
  infoHash: Schema.String,
}) {
  /** The torrent's name. */
  declare readonly name: string
  /** In hexadecimal digits. */
  declare readonly infoHash: string

  override get message(): string {
    return `${this.name} is being downloaded or seeded already`
  }
}

/** One torrent is downloaded or seeded once in a program: two would write the same files and be one peer to all others. */
import { Schema } from "effect"

/** The program has the torrent in hand already. */
export class AlreadyRunning extends Schema.TaggedError<AlreadyRunning>()("AlreadyRunning", {
  // Not `name`: of an error that is what kind it is.
  torrent: Schema.String,
  infoHash: Schema.String,
}) {
  /** The torrent's name. */
  declare readonly torrent: string
  /** In hexadecimal digits. */
  declare readonly infoHash: string

  override get message(): string {
    return `${this.torrent} is being downloaded or seeded already`
  }
}

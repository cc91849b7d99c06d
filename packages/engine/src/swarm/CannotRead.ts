/** A file of a torrent cannot be read, whatever arrives. */
import { Schema } from "effect"

/** There is no such file or stretch, it is not wanted, or nothing is downloading: waiting would be in vain. */
export class CannotRead extends Schema.TaggedError<CannotRead>()("CannotRead", {
  file: Schema.Int,
  reason: Schema.Literals(["no such file", "beyond its end", "not wanted", "not running"]),
}) {
  /** Its place in the torrent's list, from 0. */
  declare readonly file: number
  /** Why. */
  declare readonly reason: typeof CannotRead.fields.reason.Type

  override get message(): string {
    return `file ${this.file} cannot be read: ${this.reason}`
  }
}

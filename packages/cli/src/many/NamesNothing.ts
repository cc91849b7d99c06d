import { Schema } from "effect"

/** A list has not a single torrent in it. */
export class NamesNothing extends Schema.TaggedError<NamesNothing>()("NamesNothing", {
  /** Which list. */
  list: Schema.String,
}) {
  override get message(): string {
    return `${this.list} names no torrent`
  }
}

import { Schema } from "effect"
import { called } from "../torrentFile.ts"

/** A list has not a single torrent in it. */
export class NamesNothing extends Schema.TaggedError<NamesNothing>()("NamesNothing", {
  /** The list's path; "-" is stdin. */
  list: Schema.String,
}) {
  override get message(): string {
    return `${called("list", this.list)} names no torrent`
  }
}

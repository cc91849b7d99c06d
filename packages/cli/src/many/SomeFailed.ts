import { Schema } from "effect"

/** Of several torrents some have failed. It has been said already. */
export class SomeFailed extends Schema.TaggedError<SomeFailed>()("SomeFailed", {
  /** The exit code of the worst. */
  code: Schema.Int,
}) {}

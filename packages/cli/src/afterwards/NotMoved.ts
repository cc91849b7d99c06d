import { Schema } from "effect"
import { StorageError } from "@unchoke/engine"

/** It could not be moved to where it was to be. It is where it was: all of it where it is `complete`. */
export class NotMoved extends Schema.TaggedError<NotMoved>()("NotMoved", {
  from: Schema.String,
  to: Schema.String,
  why: Schema.String,
  complete: Schema.Boolean,
  reason: StorageError.fields.reason,
}) {
  override get message(): string {
    return `${this.complete ? "everything is there, but it" : "it"} could not be moved to ${this.to}: ${this.why}`
  }
}

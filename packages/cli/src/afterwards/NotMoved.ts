import { Schema } from "effect"

/** What is complete could not be moved to where it was to be. It is where it was. */
export class NotMoved extends Schema.TaggedError<NotMoved>()("NotMoved", {
  from: Schema.String,
  to: Schema.String,
  why: Schema.String,
}) {
  override get message(): string {
    return `everything is there, but it could not be moved to ${this.to}: ${this.why}`
  }
}

import { Schema } from "effect"

/** An option was given that makes no sense: nothing was begun. */
export class InvalidOption extends Schema.TaggedError<InvalidOption>()("InvalidOption", {
  /** What it is called, such as `maxPeers`. */
  option: Schema.String,
  /** What was given, as JavaScript writes it. */
  given: Schema.String,
  /** What it may be, in words. */
  expected: Schema.String,
}) {
  override get message(): string {
    return `${this.option} is ${this.given}: it has to be ${this.expected}`
  }
}

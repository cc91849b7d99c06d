import { Schema } from "effect"

/** An option was given that makes no sense: nothing was begun. */
export class InvalidOption extends Schema.TaggedError<InvalidOption>()("InvalidOption", {
  option: Schema.String,
  given: Schema.String,
  expected: Schema.String,
}) {
  /** What it is called, such as `maxPeers`. */
  declare readonly option: string
  /** What was given, as JavaScript writes it. */
  declare readonly given: string
  /** What it may be, in words. */
  declare readonly expected: string

  override get message(): string {
    return `${this.option} is ${this.given}: it has to be ${this.expected}`
  }
}

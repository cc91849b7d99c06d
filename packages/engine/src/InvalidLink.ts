/** The error of a text that is no magnet link. */
import { Schema } from "effect"

/** What was given for a magnet link is none that we can use (BEP 9), and why. */
export class InvalidLink extends Schema.TaggedError<InvalidLink>()("InvalidLink", {
  why: Schema.String,
}) {
  /** What is wrong with it: "has no info hash". */
  declare readonly why: string

  override get message(): string {
    return `the link ${this.why}`
  }
}

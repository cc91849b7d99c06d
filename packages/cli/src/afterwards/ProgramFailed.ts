import { Schema } from "effect"

/** The program could not be run, or ended with something else than 0. Everything that it was run for is there. */
export class ProgramFailed extends Schema.TaggedError<ProgramFailed>()("ProgramFailed", {
  program: Schema.String,
  why: Schema.String,
}) {
  override get message(): string {
    return `everything is there, but ${this.program} ${this.why}`
  }
}

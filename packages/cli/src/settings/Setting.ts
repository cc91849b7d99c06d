/** A flag's value that nobody typed: it comes from the settings file or from the environment. */
import { Context, Schema } from "effect"

export interface Setting {
  /** The flag's long name, without dashes. */
  readonly name: string
  /** One for each time that the flag would be typed; of a flag that is there or not: "true" or "false". */
  readonly values: ReadonlyArray<string>
  /** Where it stands: the file's path, or the variable's name. */
  readonly from: string
}

/** Those that the command that runs was given. */
export const InForce = Context.Reference<ReadonlyArray<Setting>>("@unchoke/cli/InForce", { defaultValue: () => [] })

/** The settings cannot be read, or make no sense. */
export class InvalidSettings extends Schema.TaggedError<InvalidSettings>()("InvalidSettings", {
  /** Where they stand: the file's path, or the variable's name. */
  from: Schema.String,
  why: Schema.String,
}) {
  override get message(): string {
    return `the settings in ${this.from} ${this.why}`
  }
}

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

const Fault = Schema.Struct({
  /** Where it stands: the file's path, or the variable's name. */
  from: Schema.String,
  /** In the file, from 1, where it is known. */
  line: Schema.optional(Schema.Int),
  /** What is wrong, as the end of a sentence about the settings in the file, or about the variable. */
  why: Schema.String,
})

/** One thing that is wrong with the settings. */
export type Fault = typeof Fault.Type

/** The settings cannot be read, or make no sense. */
export class InvalidSettings extends Schema.TaggedError<InvalidSettings>()("InvalidSettings", {
  faults: Schema.NonEmptyArray(Fault),
}) {
  /** A sentence for each fault. */
  get sentences(): ReadonlyArray<string> {
    return this.faults.map(sentenceOf)
  }

  override get message(): string {
    return this.sentences.join("; ")
  }
}

const sentenceOf = ({ from, line, why }: Fault): string =>
  isVariable(from)
    ? `the variable ${from} ${why}`
    : `the settings in ${from}${line === undefined ? "" : `, line ${line},`} ${why}`

/** A file's name has a folder or an end. */
const isVariable = (from: string): boolean => /^UNCHOKE_\w+$/.test(from)

/** Flags about the file that a command writes which contradict each other: an error in words, before anything is done. */
import { Effect, Option } from "effect"
import { CliError } from "effect/cli"

interface Written {
  /** The flag that names the file, and what it was given. */
  readonly by: "output" | "save"
  readonly file: Option.Option<string>
  /** Whether one is written without it, that does not replace anything. */
  readonly usually: boolean
  readonly force: boolean
  readonly json: boolean
}

/** For `Command.validate`. */
export const oneOutput = (written: Written): Effect.Effect<void, CliError.ValidationError> => {
  const message = contradiction(written)
  return message === undefined ? Effect.void : Effect.fail(new CliError.ValidationError({ message }))
}

const contradiction = ({ by, file, force, json, usually }: Written): string | undefined => {
  const isStdout = Option.contains(file, "-")
  if (isStdout && json) return `--json and --${by} - both want the standard output`
  if (isStdout && force) return `--force replaces a file, and --${by} - is the standard output`
  return force && Option.isNone(file) && !usually
    ? `--force belongs to --${by}: it replaces the file that is there`
    : undefined
}

/** What is wrong with a program that is certainly not there, as it was typed: told before anything is fetched, and not when all is there. */
import { Effect, Option } from "effect"
import { CliError } from "effect/cli"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { quoted } from "../render/text.ts"
import type { AfterwardsFlags } from "./flags.ts"

/** For `Command.validate`. */
export const canBeRun = ({ exec }: AfterwardsFlags): Effect.Effect<void, CliError.ValidationError> =>
  Effect.suspend(() => {
    const message = Option.isSome(exec) ? fault(exec.value) : undefined
    return message === undefined ? Effect.void : Effect.fail(new CliError.ValidationError({ message }))
  })

const fault = (program: string): string | undefined => {
  // What Windows runs by a name has endings that are not typed.
  if (process.platform === "win32" || isThere(program)) return undefined
  const [first = "", ...args] = program.trim().split(/\s+/)
  if (args.length > 0 && (isThere(first) || existsSync(first)))
    return `--exec takes a program alone, and there is none called ${quoted(program)}; with arguments it is a line for the shell: --exec-shell ${quoted(program)}`
  return existsSync(program)
    ? `--exec ${quoted(program)} is looked for on the PATH, and is not there; the one in this folder is ${quoted(`./${program}`)}`
    : undefined
}

/** As the system looks for it. */
const isThere = (program: string): boolean =>
  program.includes("/")
    ? existsSync(program)
    : (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)))

/**
 * The arguments with what the settings add to them, as if it had been typed: one parser, one set of rules.
 *
 * What is typed wins over the environment, that over the command's table in the file, and that over the rest of the file. A setting that contradicts what is typed is left out. One that makes no sense by itself is told
 * whatever the command is: it was meant for some.
 */
import { Effect } from "effect"
import { faultsIn } from "./faultsIn.ts"
import * as Environment from "./inEnvironment.ts"
import { type FlagShape, Manual } from "./Manual.ts"
import { InvalidSettings, type Setting } from "./Setting.ts"
import { isInPlay, isSettable } from "./settable.ts"
import { readSettings, type SettingsFile } from "./settingsFile.ts"

export interface Settled {
  /** What is there to be added. */
  readonly settings: ReadonlyArray<Setting>
  /** The flags that were typed, by their names. */
  readonly typed: ReadonlySet<string>
  /** The arguments with these settings. */
  readonly argsWith: (settings: ReadonlyArray<Setting>) => ReadonlyArray<string>
}

export const settled = Effect.fnUntraced(function* (args: ReadonlyArray<string>, environment: Environment.Variables) {
  const { commands, flagsOf } = yield* Manual
  const at = args.findIndex((arg) => commands.includes(arg))
  const command = args[at]
  if (command === undefined || beforeOperands(args).some((arg) => asksForHelp.has(arg))) return unchanged(args)
  const file = yield* readSettings(fileOf(args, environment), environment, commands)
  if (file === undefined && !Environment.areAny(environment)) return unchanged(args)
  const [first, ...others] = yield* faultsIn(file, environment)
  if (first !== undefined) return yield* new InvalidSettings({ faults: [first, ...others] })
  const given = beforeOperands(args.slice(at + 1))
  const flags = yield* flagsOf(command)
  const typed = new Set(flags.filter((flag) => isTyped(flag, given)).map(({ name }) => name))
  return {
    typed,
    settings: flags.flatMap((flag) =>
      typed.has(flag.name) || !isInPlay(command, flag.name, typed)
        ? []
        : (settingOf(flag, command, file, environment) ?? []),
    ),
    argsWith: (settings) => args.toSpliced(at + 1, 0, ...settings.flatMap(asTyped)),
  } satisfies Settled
})

/** The file that was named: `--config` may stand anywhere before `--`, and there is a variable for it. */
export const fileOf = (args: ReadonlyArray<string>, environment: Environment.Variables): string | undefined => {
  const typed = beforeOperands(args)
  const at = typed.findIndex((arg) => arg === "--config" || arg.startsWith("--config="))
  if (at < 0) return environment[Environment.variableOf("config")] || undefined
  return typed[at] === "--config" ? typed[at + 1] : typed[at]!.slice("--config=".length)
}

/** What a command's flag is set to, where anything sets it. */
export const settingOf = (
  flag: FlagShape,
  command: string,
  file: SettingsFile | undefined,
  environment: Environment.Variables,
): Setting | undefined => {
  const { name } = flag
  if (!isSettable(command, name)) return undefined
  const variable = Environment.inEnvironment(flag, environment)
  if (variable !== undefined || file === undefined) return variable
  const given = file.perCommand.get(command)?.get(name) ?? file.shared.get(name)
  return given && { name, values: given.values, from: file.path }
}

const unchanged = (args: ReadonlyArray<string>): Settled => ({ settings: [], typed: new Set(), argsWith: () => args })

/** With these nothing is done that settings could change. */
const asksForHelp = new Set(["--help", "-h", "--version", "--completions"])

export const beforeOperands = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = args.indexOf("--")
  return end < 0 ? args : args.slice(0, end)
}

const isTyped = ({ aliases, name }: FlagShape, typed: ReadonlyArray<string>): boolean =>
  typed.some(
    (arg) =>
      arg === `--${name}` ||
      arg.startsWith(`--${name}=`) ||
      // Several flags of one letter may stand together, the last of them with a value.
      (/^-[a-z]/i.test(arg) && aliases.some((alias) => arg.split("=")[0]!.slice(1).includes(alias.slice(1)))),
  )

/** As it would have been typed. */
export const asTyped = ({ name, values }: Setting): ReadonlyArray<string> => values.map((value) => `--${name}=${value}`)

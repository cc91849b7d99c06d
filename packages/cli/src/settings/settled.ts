/**
 * The arguments with what the settings add to them, as if it had been typed: one parser, one set of rules, and whatever is wrong with a value is told in the same words.
 *
 * What is typed wins over the environment, that over the command's table in the file, and that over the rest of the file. A setting that contradicts what is typed is left out.
 */
import { Effect } from "effect"
import * as Environment from "./inEnvironment.ts"
import { type FlagShape, Manual } from "./Manual.ts"
import { nearest } from "./nearest.ts"
import { InvalidSettings, type Setting } from "./Setting.ts"
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
  if (file !== undefined) yield* areKnown(file)
  const given = beforeOperands(args.slice(at + 1))
  const flags = yield* flagsOf(command)
  const typed = new Set(flags.filter((flag) => isTyped(flag, given)).map(({ name }) => name))
  return {
    typed,
    settings: flags.flatMap((flag) =>
      typed.has(flag.name) ? [] : (settingOf(flag, command, file, environment) ?? []),
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
  const own = file?.perCommand.get(command)?.get(name)
  if (isApart(command, name)) return own && { name, values: own, from: file!.path }
  const variable = Environment.inEnvironment(flag, environment)
  if (variable !== undefined || file === undefined) return variable
  const values = own ?? file.shared.get(name)
  return values && { name, values, from: file.path }
}

/**
 * Flags that mean something else in one command than in the others (the `output` of a download is a folder for films), or that would change what it does: only its own table sets them. A seed
 * takes what is about making a torrent only when it makes one.
 */
const isApart = (command: string, name: string): boolean =>
  (command === "create" && name === "output") ||
  (command === "edit" &&
    (["output", "no-trackers", "no-web-seeds", "no-comment"].includes(name) || ofTorrents.has(name))) ||
  (command === "seed" && ofTorrents.has(name))

/** What torrents are made of. */
const ofTorrents: ReadonlySet<string> = new Set([
  "comment",
  "follow-links",
  "force",
  "name",
  "no-date",
  "no-empty",
  "no-hidden",
  "order",
  "piece-length",
  "private",
  "save",
  "source",
  "threads",
  "tracker",
  "web-seed",
])

/** A key that no command has a flag for is a mistake in writing, and would be missed for long. */
const areKnown = Effect.fnUntraced(function* ({ path, perCommand, shared }: SettingsFile) {
  const { commands, flagsOf } = yield* Manual
  const known = new Map<string, ReadonlyArray<string>>()
  for (const command of commands) {
    known.set(
      command,
      (yield* flagsOf(command)).map(({ name }) => name),
    )
  }
  const check = (where: string, values: ReadonlyMap<string, unknown>, names: ReadonlyArray<string>) => {
    const stranger = [...values.keys()].find((key) => !names.includes(key))
    if (stranger === undefined) return Effect.void
    const likely = nearest(stranger, names)
    const hint = likely === undefined ? "" : `; did you mean ${likely}?`
    return new InvalidSettings({ from: path, why: `name a flag that there is not: ${where}${stranger}${hint}` })
  }
  yield* check("", shared, [...new Set([...known.values()].flat())])
  for (const [command, values] of perCommand) yield* check(`[${command}] `, values, known.get(command) ?? [])
})

const unchanged = (args: ReadonlyArray<string>): Settled => ({ settings: [], typed: new Set(), argsWith: () => args })

/** With these nothing is done that settings could change. */
const asksForHelp = new Set(["--help", "-h", "--version", "--completions"])

const beforeOperands = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
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

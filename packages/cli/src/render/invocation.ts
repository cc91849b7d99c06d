/** What is wrong with a command line, in one sentence. */
import { MagnetLink } from "@unchoke/protocol"
import type { CliError } from "effect/cli"
import type { Setting } from "../settings/Setting.ts"
import { asTyped } from "../settings/settled.ts"
import { count, safe } from "./text.ts"
import { listed } from "./unasked.ts"

/** The first mistake: the others are as a rule what the parser makes of the rest. */
export const invocationError = ([error]: ReadonlyArray<CliError.CliError>): string => {
  if (error === undefined) return "This makes no sense."
  const [what] = error.message.replaceAll(/magnet:\?[^\s"]*/gi, MagnetLink.shown).split("\n")
  switch (error._tag) {
    case "UnrecognizedOption":
    case "UnknownSubcommand": {
      // One letter is like any other.
      const likely = error.suggestions.filter((name) => !/^-\w$/.test(name))
      return `${safe(what!)}.${likely.length === 0 ? "" : ` Did you mean ${likely.join(" or ")}?`}`
    }
    case "InvalidValue": {
      const times = /^(\d+) occurrences$/.exec(error.value)
      return times !== null && error.expected === "at most 1 value"
        ? `Flag --${error.option} was given ${count(Number(times[1]), "time")}; it takes one value.`
        : `${safe(what!)}.`
    }
    default:
      return `${safe(what!)}.`
  }
}

/** A flag that only these commands have, and that is typed for another, or before the name of its own. */
export const strayFlag = (flag: string, owners: ReadonlyArray<string>, command: string | undefined): string =>
  command === undefined || owners.includes(command)
    ? `${safe(flag)} is a flag of ${listed(owners)}: it stands behind the command's name.`
    : `${safe(flag)} is a flag of ${listed(owners)}, not of ${command}.`

/** Which of what is wrong was not typed, but comes from the settings. */
export const notTyped = (
  errors: ReadonlyArray<CliError.CliError>,
  settings: ReadonlyArray<Setting>,
): ReadonlyArray<string> =>
  named(errors, settings).map((setting) => `${asTyped(setting).map(safe).join(" ")} comes from ${safe(setting.from)}.`)

/** The settings that contradict something that was typed. */
export const contradictions = (
  errors: ReadonlyArray<CliError.CliError>,
  settings: ReadonlyArray<Setting>,
  typed: ReadonlySet<string>,
): ReadonlyArray<Setting> =>
  errors[0]?._tag === "ValidationError" && flagsIn(errors).some((name) => typed.has(name))
    ? named(errors, settings)
    : []

const named = (errors: ReadonlyArray<CliError.CliError>, settings: ReadonlyArray<Setting>): ReadonlyArray<Setting> => {
  const flags = flagsIn(errors)
  return settings.filter(({ name }) => flags.includes(name))
}

/** The flags that the first mistake is about, by their names. */
const flagsIn = ([error]: ReadonlyArray<CliError.CliError>): ReadonlyArray<string> =>
  Array.from(error?.message.matchAll(/--([a-z-]+)/g) ?? [], ([, name]) => name!)

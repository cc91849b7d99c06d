/** What is wrong with a command line, in one sentence. */
import type { CliError } from "effect/cli"
import type { Setting } from "../settings/Setting.ts"
import { asTyped } from "../settings/settled.ts"
import { count, safe } from "./text.ts"

/** The first mistake: the others are as a rule what the parser makes of the rest. */
export const invocationError = ([error]: ReadonlyArray<CliError.CliError>): string => {
  if (error === undefined) return "This makes no sense."
  const [what] = error.message.split("\n")
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

/** Which of what is wrong was not typed, but comes from the settings. */
export const notTyped = (
  [error]: ReadonlyArray<CliError.CliError>,
  settings: ReadonlyArray<Setting>,
): ReadonlyArray<string> => {
  const flags: ReadonlyArray<string> = error?.message.match(/--[a-z-]+/g) ?? []
  return settings
    .filter(({ name }) => flags.includes(`--${name}`))
    .map((setting) => `${asTyped(setting).map(safe).join(" ")} comes from ${safe(setting.from)}.`)
}

/** Help and version on stdout; what is wrong with a command line on stderr, in a line or two. */
import { Effect, Option } from "effect"
import { type CliError, CliOutput, type HelpDoc } from "effect/cli"
import { invalidInvocationLine } from "./commands/explained.ts"
import { exitCodes } from "./ExitCode.ts"
import { invocationError, notTyped, strayFlag } from "./render/invocation.ts"
import { coloured, type Style } from "./render/style.ts"
import * as Screen from "./Screen.ts"
import { Manual } from "./settings/Manual.ts"
import type { Setting } from "./settings/Setting.ts"

/** `settings` are those that were added to what was typed; `json`: whether a program reads what is printed. Of what is wrong nothing is shown where `heard` takes care of it. */
export const presenter = (
  settings: ReadonlyArray<Setting>,
  json: boolean,
  heard: (errors: ReadonlyArray<CliError.CliError>) => boolean,
) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const manual = yield* Manual
    const formatter = CliOutput.defaultFormatter({ colors: screen.out === coloured, globalFlags: "summary" })
    const say = (text: string) => Effect.provideService(Screen.say(text), Screen.Screen, screen)
    return {
      present: (event) => {
        switch (event._tag) {
          case "Version":
            return screen.print(`${event.name} ${event.version}`)
          case "Help":
            return say(
              `${spaced(formatter.formatHelpDoc(briefly(event.helpDoc)))}\n\n${exitCodeSection(event.helpDoc, screen.out)}`,
            )
          case "InvalidInvocation":
            if (heard(event.errors)) return Effect.void
            return Effect.gen(function* () {
              const wrong = (yield* strayed(event, manual)) ?? invocationError(event.errors)
              if (json) yield* screen.print(invalidInvocationLine(wrong))
              const lines = [
                `${screen.err.red("error:")} ${wrong}`,
                ...notTyped(event.errors, settings),
                `Try \`${event.commandPath.join(" ")} --help\`.`,
              ]
              yield* Effect.forEach(lines, screen.note, { discard: true })
            })
        }
      },
    } satisfies CliOutput.Presenter
  })

/** Where the first mistake is a flag that other commands have: whose it is. */
const strayed = Effect.fnUntraced(function* (
  { commandPath, errors }: Extract<CliOutput.Presenter.Event, { readonly _tag: "InvalidInvocation" }>,
  { commands, flagsOf }: Manual["Service"],
) {
  const [error] = errors
  if (error?._tag !== "UnrecognizedOption") return undefined
  const owners = yield* Effect.filter(commands, (command) =>
    Effect.map(flagsOf(command), (flags) =>
      flags.some(({ aliases, name }) => error.option === `--${name}` || aliases.includes(error.option)),
    ),
  )
  return owners.length === 0 ? undefined : strayFlag(error.option, owners, commandPath[1])
})

/** What a flag may be is said once: beside its name. Arguments that are written out are, as they stand in the usage. */
const briefly = (doc: HelpDoc.HelpDoc): HelpDoc.HelpDoc => ({
  ...doc,
  usage: (doc.args ?? [])
    .filter(isWrittenOut)
    .reduce((usage, { name, type }) => usage.replace(`[<${name}...>]`, type), doc.usage),
  args: (doc.args ?? []).map((arg) =>
    isWrittenOut(arg) ? { ...arg, name: arg.type, type: "", variadic: false, required: true } : arg,
  ),
  flags: doc.flags.map((flag) => ({
    ...flag,
    description: Option.map(flag.description, (text) => text.replace(/ \(choices: [^()]*\)$/, "")),
  })),
})

const isWrittenOut = ({ type }: HelpDoc.ArgDoc): boolean => type.includes("<")

/** A blank line before each of its parts: behind the list of commands there is none. */
const spaced = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  text.replaceAll(/([^\n])\n((?:\u001b\[[\d;]*m)*[A-Z][A-Z ]+(?:\u001b\[[\d;]*m)*\n)/g, "$1\n\n$2")

/** They are the same of all commands: told by the help of all of them. */
const exitCodeSection = (doc: HelpDoc.HelpDoc, style: Style): string =>
  [
    style.bold("EXIT CODES"),
    ...(doc.subcommands === undefined
      ? ["  0 is done, 1 anything that is not; see `unchoke --help` for the others"]
      : exitCodes.map(([code, meaning]) => `  ${style.green(String(code).padEnd(3))}  ${meaning}`)),
  ].join("\n")

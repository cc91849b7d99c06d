/** Help and version on stdout; what is wrong with a command line on stderr, in a line or two. */
import { Effect } from "effect"
import { CliOutput } from "effect/cli"
import { exitCodes } from "./ExitCode.ts"
import { coloured, type Style } from "./render/style.ts"
import { safe } from "./render/text.ts"
import { Screen } from "./Screen.ts"

export const presenter = Screen.useSync((screen): CliOutput.Presenter => {
  const formatter = CliOutput.defaultFormatter({ colors: screen.out === coloured })
  return {
    present: (event) => {
      switch (event._tag) {
        case "Version":
          return screen.print(`${event.name} ${event.version}`)
        case "Help":
          return screen.print(`${formatter.formatHelpDoc(event.helpDoc)}\n\n${exitCodeSection(screen.out)}`)
        case "InvalidInvocation":
          return Effect.forEach(
            [
              ...event.errors.map(
                ({ message }) => `${screen.err.red("error:")} ${message.split("\n").map(safe).join("\n")}`,
              ),
              `Try \`${event.commandPath.join(" ")} --help\`.`,
            ],
            screen.note,
            { discard: true },
          )
      }
    },
  }
})

const exitCodeSection = (style: Style): string =>
  [
    style.bold("EXIT CODES"),
    ...exitCodes.map(([code, meaning]) => `  ${style.green(String(code).padEnd(3))}  ${meaning}`),
  ].join("\n")

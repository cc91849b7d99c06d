/** Help and version on stdout; what is wrong with a command line on stderr, in a line or two. */
import { Effect } from "effect"
import { CliOutput } from "effect/cli"
import { exitCodes } from "./ExitCode.ts"
import { invocationError } from "./render/invocation.ts"
import { coloured, type Style } from "./render/style.ts"
import * as Screen from "./Screen.ts"

export const presenter = Screen.Screen.useSync((screen): CliOutput.Presenter => {
  const formatter = CliOutput.defaultFormatter({ colors: screen.out === coloured })
  const say = (text: string) => Effect.provideService(Screen.say(text), Screen.Screen, screen)
  return {
    present: (event) => {
      switch (event._tag) {
        case "Version":
          return screen.print(`${event.name} ${event.version}`)
        case "Help":
          return say(`${formatter.formatHelpDoc(event.helpDoc)}\n\n${exitCodeSection(screen.out)}`)
        case "InvalidInvocation":
          return Effect.andThen(
            screen.note(`${screen.err.red("error:")} ${invocationError(event.errors)}`),
            screen.note(`Try \`${event.commandPath.join(" ")} --help\`.`),
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

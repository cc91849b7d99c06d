/** The commands and the flags that they take, as their own help tells them: there is no second list to be kept true. */
import { Context, Effect, Option } from "effect"
import { CliOutput, Command, type HelpDoc } from "effect/cli"
import { repeatable } from "./repeatable.ts"

export interface FlagShape {
  /** The long name, without dashes. */
  readonly name: string
  /** As they are typed, such as `-o`. */
  readonly aliases: ReadonlyArray<string>
  /** Whether it is there or not, and takes no value. */
  readonly isFact: boolean
  /** Whether it may be typed several times. */
  readonly isList: boolean
  readonly description: string
}

export class Manual extends Context.Service<
  Manual,
  {
    readonly commands: ReadonlyArray<string>
    readonly flagsOf: (command: string) => Effect.Effect<ReadonlyArray<FlagShape>>
  }
>()("@unchoke/cli/Manual") {}

/** Of the commands below `root`. */
export const make = Effect.fnUntraced(function* <Input, ContextInput, E, R>(
  root: Command.Command<"unchoke", Input, ContextInput, E, R>,
) {
  const context = yield* Effect.context<Command.Environment>()
  // For help no handler is run: it needs nothing of what they need.
  const run = Command.runWith(root as unknown as Command.Command<"unchoke", Input, ContextInput, E>, { version: "" })
  const told = new Map<string, ReadonlyArray<FlagShape>>()
  return Manual.of({
    commands: root.subcommands.flatMap((group) => group.commands.map(({ name }) => name)),
    flagsOf: Effect.fnUntraced(function* (command) {
      const before = told.get(command)
      if (before !== undefined) return before
      let flags: ReadonlyArray<FlagShape> = []
      const listening: CliOutput.Presenter = {
        present: (event) =>
          Effect.sync(() => {
            if (event._tag === "Help") flags = event.helpDoc.flags.map(shapeOf)
          }),
      }
      yield* run([command, "--help"]).pipe(
        Effect.provideService(CliOutput.Presenter, listening),
        Effect.provideContext(context),
        Effect.ignore,
      )
      told.set(command, flags)
      return flags
    }),
  })
})

const shapeOf = ({ aliases, description, name, type }: HelpDoc.FlagDoc): FlagShape => {
  const told = Option.getOrElse(description, () => "")
  return { name, aliases, isFact: type === "boolean", isList: told.includes(repeatable), description: told }
}

/** The commands and the flags that they take, as their own help tells them, and what their own parser says of a value: there is no second list, and no second set of rules, to be kept true. */
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
    /** What a command's flag takes, where it does not take these values. */
    readonly expected: (
      command: string,
      flag: string,
      values: ReadonlyArray<string>,
    ) => Effect.Effect<Option.Option<string>>
  }
>()("@unchoke/cli/Manual") {}

interface Told {
  readonly flags: ReadonlyArray<FlagShape>
  /** How many operands it cannot do without. */
  readonly operands: number
}

/** Of the commands below `root`. */
export const make = Effect.fnUntraced(function* <Input, ContextInput, E, R>(
  root: Command.Command<"unchoke", Input, ContextInput, E, R>,
) {
  const context = yield* Effect.context<Command.Environment>()
  const commands = root.subcommands.flatMap((group) => group.commands)
  // They are parsed, and do nothing.
  const idle = commands.map((command) => Command.withHandler(command, () => Effect.void))
  const run = Command.runWith(Command.make("unchoke").pipe(Command.withSubcommands(idle)), { version: "" })
  const events = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
    const heard: Array<CliOutput.Presenter.Event> = []
    const listening: CliOutput.Presenter = { present: (event) => Effect.sync(() => void heard.push(event)) }
    yield* run(args).pipe(
      Effect.provideService(CliOutput.Presenter, listening),
      Effect.provideContext(context),
      Effect.ignore,
    )
    return heard
  })
  const told = new Map<string, Told>()
  const help = Effect.fnUntraced(function* (command: string) {
    const before = told.get(command)
    if (before !== undefined) return before
    const [doc] = (yield* events([command, "--help"])).flatMap((event) =>
      event._tag === "Help" ? [event.helpDoc] : [],
    )
    const now: Told = {
      flags: (doc?.flags ?? []).map(shapeOf),
      operands: (doc?.args ?? []).filter(({ required }) => required).length,
    }
    told.set(command, now)
    return now
  })
  return Manual.of({
    commands: commands.map(({ name }) => name),
    flagsOf: (command) => Effect.map(help(command), ({ flags }) => flags),
    expected: Effect.fnUntraced(function* (command, flag, values) {
      const { operands } = yield* help(command)
      const typed = values.map((value) => `--${flag}=${value}`)
      const heard = yield* events([command, ...typed, "--", ...Array.from({ length: operands }, () => "x")])
      const errors = heard.flatMap((event) => (event._tag === "InvalidInvocation" ? event.errors : []))
      const fault = errors.find((error) => error._tag === "InvalidValue" && error.option === flag)
      return fault?._tag === "InvalidValue" ? Option.some(inWords(fault.expected)) : Option.none()
    }),
  })
})

/** The parser's words for what it was not given, as the end of "it takes". */
const inWords = (expected: string): string => {
  if (expected === "at most 1 value") return "one value"
  const names = Array.from(expected.matchAll(/"([^"]*)"(?= \||$)/g), ([, name]) => name!)
  if (names.length === 0) return expected
  return names.includes("true") ? "true or false" : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`
}

const shapeOf = ({ aliases, description, name, type }: HelpDoc.FlagDoc): FlagShape => {
  const told = Option.getOrElse(description, () => "")
  return { name, aliases, isFact: type === "boolean", isList: told.includes(repeatable), description: told }
}

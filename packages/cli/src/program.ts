/** Everything between the arguments and the screen. */
import { Effect, Layer, Option, Schema } from "effect"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import { Self } from "@unchoke/engine"
import { anyPathExists } from "./anyPathExists.ts"
import { commandLine, emptyArgument } from "./commandLine.ts"
import { unchoke } from "./commands/unchoke.ts"
import { confessed } from "./confessed.ts"
import { presenter } from "./presenter.ts"
import { Screen } from "./Screen.ts"
import { onlyPathsAreResolved } from "./webAddress.ts"

/** It has been said already. */
class EmptyArgument extends Schema.TaggedError<EmptyArgument>()("EmptyArgument", {}) {}

const layer = Layer.mergeAll(
  anyPathExists,
  onlyPathsAreResolved,
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] }),
  Layer.effect(CliOutput.Presenter, presenter),
)

const commands = unchoke.subcommands.flatMap((group) => group.commands.map(({ name }) => name))

export const program = Effect.fnUntraced(
  function* (args: ReadonlyArray<string>) {
    const empty = emptyArgument(args)
    if (Option.isSome(empty)) {
      const { err, note } = yield* Screen
      yield* note(`${err.red("error:")} There is nothing in ${empty.value}: perhaps a variable that is not set.`)
      return yield* new EmptyArgument()
    }
    return yield* Command.runWith(unchoke, { version: Self.version })(commandLine(args, commands))
  },
  confessed,
  Effect.provide(layer),
)

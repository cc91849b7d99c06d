/** Everything between the arguments and the screen. */
import { Effect, Layer, Option, Schema } from "effect"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import { Self } from "unchoke"
import { anyPathExists } from "./anyPathExists.ts"
import { commandLine, emptyArgument } from "./commandLine.ts"
import { unchoke } from "./commands/unchoke.ts"
import { confessed } from "./confessed.ts"
import { presenter } from "./presenter.ts"
import { sentence } from "./render/failure.ts"
import { safe } from "./render/text.ts"
import { Screen } from "./Screen.ts"
import { Invoked } from "./settings/Invoked.ts"
import * as Manual from "./settings/Manual.ts"
import { settled } from "./settings/settled.ts"
import { onlyPathsAreResolved } from "./webAddress.ts"

/** It has been said already. */
class EmptyArgument extends Schema.TaggedError<EmptyArgument>()("EmptyArgument", {}) {}

const layer = Layer.mergeAll(
  anyPathExists,
  onlyPathsAreResolved,
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] }),
  Layer.effect(Manual.Manual, Manual.make(unchoke)),
)

export const program = Effect.fnUntraced(
  function* (args: ReadonlyArray<string>) {
    const empty = emptyArgument(args)
    if (Option.isSome(empty)) {
      const { err, note } = yield* Screen
      yield* note(`${err.red("error:")} There is nothing in ${empty.value}: perhaps a variable that is not set.`)
      return yield* new EmptyArgument()
    }
    const { commands } = yield* Manual.Manual
    const { args: all, settings } = yield* settled(commandLine(args, commands), process.env).pipe(
      Effect.tapError(({ message }) =>
        Screen.use(({ err, note }) => note(`${err.red("error:")} ${safe(sentence(message))}`)),
      ),
    )
    return yield* Command.runWith(unchoke, { version: Self.version })(all).pipe(
      Effect.provideServiceEffect(CliOutput.Presenter, presenter(settings)),
      Effect.provideService(Invoked, { args, environment: process.env }),
    )
  },
  confessed,
  Effect.provide(layer),
)

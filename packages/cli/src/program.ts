/** Everything between the arguments and the screen. */
import { Effect, Layer, Option, References, Schema } from "effect"
import { CliConfig, type CliError, CliOutput, Command, GlobalFlag } from "effect/cli"
import { Self } from "@unchoke/engine/internal"
import { anyPathExists } from "./anyPathExists.ts"
import { commandLine, emptyArgument } from "./commandLine.ts"
import { unchoke } from "./commands/unchoke.ts"
import { invalidInvocationLine, invalidSettingsLine } from "./commands/explained.ts"
import { confessed } from "./confessed.ts"
import { presenter } from "./presenter.ts"
import { contradictions } from "./render/invocation.ts"
import { safe, sentence } from "./render/text.ts"
import { Screen } from "./Screen.ts"
import { Invoked } from "./settings/Invoked.ts"
import * as Manual from "./settings/Manual.ts"
import type { Variables } from "./settings/inEnvironment.ts"
import { InForce, type Setting } from "./settings/Setting.ts"
import { beforeOperands, type Settled, settled } from "./settings/settled.ts"
import { onlyPathsAreResolved } from "./webAddress.ts"

/** Whether what is printed is for a program, also where nothing else makes sense. */
const isForPrograms = (args: ReadonlyArray<string>): boolean => beforeOperands(args).includes("--json")

/** It has been said already. */
class EmptyArgument extends Schema.TaggedError<EmptyArgument>()("EmptyArgument", {}) {}

const layer = Layer.mergeAll(
  anyPathExists,
  onlyPathsAreResolved,
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] }),
  Layer.effect(Manual.Manual, Manual.make(unchoke)),
)

export const program = Effect.fnUntraced(
  function* (args: ReadonlyArray<string>, environment: Variables = process.env) {
    const empty = emptyArgument(args)
    if (Option.isSome(empty)) {
      const { err, note, print } = yield* Screen
      const wrong = `There is nothing in ${empty.value}: perhaps a variable that is not set.`
      if (isForPrograms(args)) yield* print(invalidInvocationLine(wrong))
      yield* note(`${err.red("error:")} ${wrong}`)
      return yield* new EmptyArgument()
    }
    const { commands } = yield* Manual.Manual
    const given = yield* settled(commandLine(args, commands), environment).pipe(
      Effect.tapError(
        Effect.fnUntraced(function* (invalid) {
          const { err, note, print } = yield* Screen
          if (isForPrograms(args)) yield* print(invalidSettingsLine(invalid))
          yield* Effect.forEach(invalid.sentences, (text) => note(`${err.red("error:")} ${safe(sentence(text))}`), {
            discard: true,
          })
        }),
      ),
    )
    return yield* run(given, given.settings).pipe(Effect.provideService(Invoked, { args, environment }))
  },
  confessed,
  // Nobody reads logs here, unless they are sent to somebody.
  Effect.provideService(References.MinimumLogLevel, "None"),
  Effect.provide(layer),
)

/** With these settings; where one of them contradicts what is typed, without it. The parser finds that before anything is done. */
const run = (given: Settled, settings: ReadonlyArray<Setting>): ReturnType<typeof parsed> =>
  Effect.suspend(() => {
    let contradicting: ReadonlyArray<Setting> = []
    const heard = (errors: ReadonlyArray<CliError.CliError>): boolean => {
      contradicting = contradictions(errors, settings, given.typed)
      return contradicting.length > 0
    }
    return parsed(given.argsWith(settings)).pipe(
      Effect.provideServiceEffect(CliOutput.Presenter, presenter(settings, isForPrograms(given.argsWith([])), heard)),
      Effect.provideService(InForce, settings),
      Effect.catch((error) =>
        contradicting.length > 0
          ? run(
              given,
              settings.filter((setting) => !contradicting.includes(setting)),
            )
          : Effect.fail(error),
      ),
    )
  })

const parsed = Command.runWith(unchoke, { version: Self.version })

/** Everything between the arguments and the screen. */
import { Effect, Layer } from "effect"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import { Self } from "unchoke"
import { anyPathExists } from "./anyPathExists.ts"
import { unchoke } from "./commands/unchoke.ts"
import { confessed } from "./confessed.ts"
import { presenter } from "./presenter.ts"
import { webAddressesStay } from "./webAddress.ts"

const layer = Layer.mergeAll(
  anyPathExists,
  webAddressesStay,
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] }),
  Layer.effect(CliOutput.Presenter, presenter),
)

export const program = (args: ReadonlyArray<string>) =>
  Command.runWith(unchoke, { version: Self.version })(args).pipe(confessed, Effect.provide(layer))

/** The `unchoke` command. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer } from "effect"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import { Self } from "unchoke"
import { quitOnBrokenPipe } from "./brokenPipe.ts"
import { unchoke } from "./commands/unchoke.ts"
import { confessed } from "./confessed.ts"
import { teardown } from "./ExitCode.ts"
import { presenter } from "./presenter.ts"
import * as Screen from "./Screen.ts"
import { quitOnSecondInterrupt } from "./secondInterrupt.ts"

quitOnBrokenPipe()
quitOnSecondInterrupt()

unchoke.pipe(
  Command.run({ version: Self.version }),
  confessed,
  Effect.provide(CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })),
  Effect.provide(Layer.effect(CliOutput.Presenter, presenter)),
  Effect.provide(Layer.merge(Screen.layer, NodeServices.layer)),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown }),
)

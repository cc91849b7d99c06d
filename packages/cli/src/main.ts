/** The `unchoke` command. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { teardown } from "./ExitCode.ts"
import { endWithoutLookups, tearDown } from "./pendingLookup.ts"
import { program } from "./program.ts"
import * as Screen from "./Screen.ts"
import { quitOnSecondInterrupt } from "./secondInterrupt.ts"
import { services } from "./services.ts"
import { quitOnUnwritableOutput } from "./unwritableOutput.ts"

quitOnUnwritableOutput()
quitOnSecondInterrupt()
endWithoutLookups()

program(process.argv.slice(2)).pipe(
  Effect.provide(Screen.layer),
  Effect.provide(services),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, onExit) => teardown(exit, (code) => tearDown(code, onExit)),
  }),
)

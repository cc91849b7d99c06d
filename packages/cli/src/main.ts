/** The `unchoke` command. */
import "./workingFolder.ts"
import { Effect } from "effect"
import * as Interruption from "./Interruption.ts"
import { teardownOf } from "./ExitCode.ts"
import { program } from "./program.ts"
import { runMain } from "./runMain.ts"
import * as Screen from "./Screen.ts"
import { services } from "./services.ts"

const interruption = Interruption.make()

program(process.argv.slice(2)).pipe(
  Effect.provide(Screen.layer),
  Effect.provide(services),
  Effect.provideService(Interruption.Interruption, interruption),
  runMain(interruption)({ disableErrorReporting: true, teardown: teardownOf(interruption) }),
)

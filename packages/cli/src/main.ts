/** The `unchoke` command. */
import "./workingFolder.ts"
import { Effect } from "effect"
import { teardownOf } from "./ExitCode.ts"
import * as Interruption from "./Interruption.ts"
import { endWithoutLookups } from "./pendingLookup.ts"
import { program } from "./program.ts"
import { runMain } from "./runMain.ts"
import * as terminalScreen from "./terminalScreen.ts"
import { services } from "./services.ts"

endWithoutLookups()
const interruption = Interruption.make()

program(process.argv.slice(2)).pipe(
  Effect.provide(terminalScreen.layer),
  Effect.provide(services),
  Effect.provideService(Interruption.Interruption, interruption),
  runMain(interruption)({ disableErrorReporting: true, teardown: teardownOf(interruption) }),
)

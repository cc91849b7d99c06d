/** The first Ctrl-C closes everything in order; whoever presses it again does not want to wait for that. */
import { ExitCode } from "./ExitCode.ts"

export const quitOnSecondInterrupt = (): void => {
  process.once("SIGINT", () => process.once("SIGINT", () => process.exit(ExitCode.interrupted)))
}

/** What the process ends with when the program is interrupted: whoever does it says so here before. */
import { Context } from "effect"
import { ExitCode } from "./ExitCode.ts"

export class Interruption extends Context.Service<Interruption, { code: number }>()("@unchoke/cli/Interruption") {}

/** Ctrl-C, until it is something else. */
export const make = (): Interruption["Service"] => ({ code: ExitCode.interrupted })

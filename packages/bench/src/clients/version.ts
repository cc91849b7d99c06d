/** Finds out which version of a program is installed. */
import { Effect } from "effect"
import { run } from "../run.ts"

/** What the pattern's group matches in the program's output; `undefined` where it does not run or says nothing of the kind. */
export const versionOf = (command: string, args: ReadonlyArray<string>, pattern: RegExp) =>
  Effect.map(run(command, args), ({ output }) => pattern.exec(output)?.[1])

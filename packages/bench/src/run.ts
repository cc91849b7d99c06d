/** A program run to its end: what it said, on whichever stream, and how it ended. A program that cannot be started ends with 127, as in a shell. */
import { Effect, Stream } from "effect"
import { ChildProcess } from "effect/process"

export const run = (command: string, args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const process = yield* ChildProcess.make(command, args, { stdin: "ignore" })
    const output = yield* Stream.mkString(Stream.decodeText(process.all))
    return { exitCode: Number(yield* process.exitCode), output }
  }).pipe(
    Effect.scoped,
    Effect.catch((error) => Effect.succeed({ exitCode: 127, output: error.message })),
  )

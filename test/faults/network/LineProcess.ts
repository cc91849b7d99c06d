/** A program that says a line of JSON when it is ready, and answers each line with one. It ends when its input does, and at the latest when the scope does. */
import { Deferred, Effect, Queue } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"

export interface LineProcess {
  readonly ready: unknown
  readonly ask: (question: unknown) => Effect.Effect<unknown>
}

export const start = Effect.fnUntraced(function* (file: string, args: ReadonlyArray<string>) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] })),
    (child) =>
      Effect.callback<void>((resume) => {
        if (child.exitCode !== null) return resume(Effect.void)
        child.once("close", () => resume(Effect.void))
        child.stdin.end()
      }).pipe(Effect.timeoutOrElse({ duration: 2000, orElse: () => Effect.sync(() => void child.kill("SIGKILL")) })),
  )
  const lines = yield* Queue.unbounded<string>()
  const ended = yield* Deferred.make<never>()
  let complaints = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text))
  child.stdin.on("error", () => {})
  createInterface(child.stdout).on("line", (line) => Queue.offerUnsafe(lines, line))
  child.once("close", (code) =>
    Deferred.doneUnsafe(ended, Effect.die(new Error(`${file} ${args.join(" ")} ended with ${code}: ${complaints}`))),
  )
  const answer = Effect.raceFirst(Queue.take(lines), Deferred.await(ended)).pipe(
    Effect.map((line): unknown => JSON.parse(line)),
  )
  const ready = yield* answer
  return {
    ready,
    ask: (question) => Effect.suspend(() => (child.stdin.write(`${JSON.stringify(question)}\n`), answer)),
  } satisfies LineProcess
})

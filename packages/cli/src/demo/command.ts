/** Runs a command as a user does, in a process of its own on the same terminal. */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Screen from "../Screen.ts"

const entry = fileURLToPath(new URL("../bin/unchoke.js", import.meta.url))

/** Dies when it does not end with the exit code that is expected. `interrupt` says when Ctrl-C is pressed. */
export const command = Effect.fnUntraced(function* (
  cwd: string,
  expected: number,
  args: ReadonlyArray<string>,
  interrupt: Effect.Effect<unknown> = Effect.never,
) {
  const { out } = yield* Screen.Screen
  const line = args.join(" ").replace(/ (--bitfield)/, " \\\n    $1")
  const remark = expected === 130 ? out.dim("   # Ctrl-C half-way") : ""
  yield* Screen.print(`\n${out.dim("$")} ${out.bold(`unchoke ${line}`)}${remark}`)
  const code = yield* Effect.callback<number>((resume) => {
    const child = spawn(process.execPath, [entry, ...args], { cwd, stdio: "inherit" })
    child.once("close", (code) => resume(Effect.succeed(code ?? 1)))
    const pressing = Effect.runFork(
      Effect.andThen(
        interrupt,
        Effect.sync(() => child.kill("SIGINT")),
      ),
    )
    return Effect.sync(() => {
      pressing.interruptUnsafe()
      child.kill()
    })
  })
  if (code !== expected) return yield* Effect.die(`unchoke ${args[0]} ended with ${code} instead of ${expected}`)
})

/** The built command in a process of its own. */
import { Effect } from "effect"
import { spawn, type SpawnOptions } from "node:child_process"
import { fileURLToPath } from "node:url"

export const entry = fileURLToPath(new URL("../../packages/cli/bin/unchoke.js", import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly interrupt: Effect.Effect<void>
  readonly send: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** What is on its stdout so far. */
  readonly printed: () => string
  readonly finished: Effect.Effect<Finished>
}

/** Starts a program; it is killed when the scope ends. */
export const start = (file: string, args: ReadonlyArray<string>, options: SpawnOptions = {}) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] })
      const texts = { stdout: "", stderr: "" }
      child.stdout!.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text))
      child.stderr!.setEncoding("utf8").on("data", (text: string) => (texts.stderr += text))
      const closed = new Promise<Finished>((resolve) =>
        child.once("close", (code, signal) => resolve({ code, signal, ...texts })),
      )
      return { child, closed, texts }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL")),
  ).pipe(
    Effect.map(({ child, closed, texts }): Started => ({
      interrupt: Effect.sync(() => void child.kill("SIGINT")),
      send: (signal) => Effect.sync(() => void child.kill(signal)),
      printed: () => texts.stdout,
      finished: Effect.promise(() => closed),
    })),
  )

export const run = (file: string, args: ReadonlyArray<string>, options?: SpawnOptions) =>
  Effect.scoped(Effect.flatMap(start(file, args, options), ({ finished }) => finished))

export const unchoke = (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, [entry, ...args], { env: { ...process.env, NO_COLOR: "", FORCE_COLOR: "", ...env } })

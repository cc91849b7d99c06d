/** An empty project of somebody who has heard of unchoke. */
import { Effect, type Scope } from "effect"
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"

export interface Finished {
  readonly code: number
  readonly said: string
}

export interface Project {
  readonly folder: string
  readonly write: (name: string, text: string | Uint8Array) => Effect.Effect<void>
  /** Runs a command in the project's folder. `node`: the folder of the Node that it finds. */
  readonly run: (command: string, args: ReadonlyArray<string>, node?: string) => Effect.Effect<Finished>
}

/** It is gone with the scope. */
export const make: Effect.Effect<Project, never, Scope.Scope> = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "unchoke-stranger-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
  )
  const project: Project = {
    folder,
    write: (name, text) => Effect.promise(() => writeFile(join(folder, name), text)),
    run: (command, args, node) =>
      Effect.callback((resume) => {
        const { NODE_OPTIONS: _, ...env } = process.env
        const child = execFile(
          command,
          args,
          {
            cwd: folder,
            maxBuffer: 1 << 26,
            env: { ...env, ...(node !== undefined && { PATH: `${node}${delimiter}${env["PATH"]}` }) },
          },
          (error, stdout, stderr) =>
            resume(Effect.succeed({ code: error === null ? 0 : Number(error.code ?? -1), said: stdout + stderr })),
        )
        return Effect.sync(() => child.kill())
      }),
  }
  yield* project.write("package.json", JSON.stringify({ name: "stranger", private: true, type: "module" }))
  return project
})

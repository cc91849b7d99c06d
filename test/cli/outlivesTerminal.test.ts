/** Programs that are started in several ways, and whether they see that they are to outlive their terminal. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { run } from "./process.ts"

const module = fileURLToPath(new URL("../../packages/cli/src/outlivesTerminal.ts", import.meta.url))
const program = `import("${module}").then(({ outlivesTerminal }) => console.error("outlives: " + outlivesTerminal()))`
const node = `"${process.execPath}" -e '${program}'`

const linux = process.platform === "linux"
const inTerminal = (line: string) => ["script", ["-qefc", line, "/dev/null"]] as const
const shell = (line: string) => ["bash", ["-c", line]] as const

const starts: ReadonlyArray<readonly [string, readonly [string, ReadonlyArray<string>], boolean, boolean]> = [
  ["as usual", shell(`${node}; true`), false, true],
  ["without input", shell(`${node} </dev/null; true`), false, true],
  ["in the background", shell(`${node} & wait`), false, true],
  ["by nohup", shell(`nohup ${node}; true`), true, true],
  ["by a shell that ignores it", shell(`trap '' HUP; ${node}; true`), true, linux],
  ["on a terminal", inTerminal(`${node}; true`), false, linux],
  ["by nohup, from its input", inTerminal(`env -u _ nohup ${node} >said; cat said`), true, linux],
  ["by nohup, from its output", inTerminal(`env -u _ nohup ${node} </dev/null; cat nohup.out`), true, linux],
]

describe("whether it outlives its terminal, started", () => {
  for (const [how, [file, args], expected, possible] of starts) {
    const here = possible && (file !== "script" || existsSync("/usr/bin/script"))
    ;(here ? it.live : it.live.skip)(here ? how : `${how} (not here)`, () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const cwd = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-cli-" })
        const { stderr, stdout } = yield* run(file, args, { cwd })
        assert.include(stdout + stderr, `outlives: ${expected}`)
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    )
  }
})

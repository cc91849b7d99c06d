/** The C programs of loadgen/: built with the machine's `cc` when they are first needed, and again when a source is newer. */
import { Context, Effect, FileSystem, Layer, Option, Schema } from "effect"
import { join } from "node:path"
import * as places from "./places.ts"
import { run } from "./run.ts"

export class BuildFailed extends Schema.TaggedError<BuildFailed>()("BuildFailed", {
  program: Schema.String,
  output: Schema.String,
}) {
  override get message() {
    return `cc could not build ${this.program}; the benchmarks need a C compiler (Debian: gcc, libc6-dev).\n${this.output}`
  }
}

/** The paths of the built programs. */
export class Programs extends Context.Service<Programs, Readonly<Record<Program, string>>>()("bench/Programs") {
  static readonly layer = Layer.effect(
    Programs,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(places.dist, { recursive: true })
      const sources = yield* fs.readDirectory(places.loadgen)
      const newest = Math.max(...(yield* Effect.forEach(sources, (name) => changed(join(places.loadgen, name)))))
      const paths = { hash: "", leech: "", loadgen: "", limit: "", stopwatch: "" }
      for (const program of programs) {
        paths[program] = join(places.dist, program)
        if ((yield* changed(paths[program])) < newest) yield* build(program, paths[program])
      }
      return paths
    }),
  )
}

const programs = ["hash", "leech", "loadgen", "limit", "stopwatch"] as const
type Program = (typeof programs)[number]

const build = Effect.fnUntraced(function* (program: Program, path: string) {
  const source = join(places.loadgen, `${program}.c`)
  const { exitCode, output } = yield* run("cc", ["-O2", "-o", path, source, "-ldl", "-lpthread"])
  if (exitCode !== 0) return yield* new BuildFailed({ program, output })
})

/** Milliseconds since the epoch; 0 for a file that is not there. */
const changed = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const info = yield* Effect.option(fs.stat(path))
  const mtime = Option.flatMap(info, ({ mtime }) => mtime)
  return Option.match(mtime, { onNone: () => 0, onSome: (date) => date.getTime() })
})

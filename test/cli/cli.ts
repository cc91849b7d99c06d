/** Runs the command in this process, on a screen that remembers. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect } from "effect"
import { teardownOf } from "../../packages/cli/src/ExitCode.ts"
import * as Interruption from "../../packages/cli/src/Interruption.ts"
import { program } from "../../packages/cli/src/program.ts"
import { plain } from "../../packages/cli/src/render/style.ts"
import { Screen } from "../../packages/cli/src/Screen.ts"

export interface Recording {
  readonly stdout: Array<string>
  readonly stderr: Array<string>
  /** What the live line was, one after the other. */
  readonly live: Array<string>
}

/** Where nothing is a terminal unless `columns` says so. */
export const recorded = (recording: Recording, columns?: number): Screen["Service"] => {
  const to = (lines: Array<string>) => (text: string) => Effect.sync(() => void lines.push(...text.split("\n")))
  return {
    out: plain,
    err: plain,
    width: () => columns,
    liveWidth: () => columns,
    liveHeight: () => 24,
    print: to(recording.stdout),
    write: (bytes) => Effect.sync(() => void recording.stdout.push(Buffer.from(bytes).toString("latin1"))),
    note: to(recording.stderr),
    draw: to(recording.live),
    redraw: Effect.void,
  }
}

export const recording = (): Recording => ({ stdout: [], stderr: [], live: [] })

/** What the command printed, and the code that it would end with. */
export const unchoke = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  onto: Recording = recording(),
  columns?: number,
  /** Those of the tests themselves are not the command's. */
  environment: Readonly<Record<string, string>> = {},
) {
  const interruption = Interruption.make()
  const exit = yield* program(args, environment).pipe(
    Effect.provideService(Interruption.Interruption, interruption),
    Effect.provideService(Screen, recorded(onto, columns)),
    Effect.provide(NodeServices.layer),
    Effect.exit,
  )
  let code = -1
  teardownOf(interruption)(exit, (given) => (code = given))
  return { ...onto, code }
})

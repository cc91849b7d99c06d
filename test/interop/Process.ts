/**
 * Programs that run while a scope is open.
 *
 * A daemon is killed by its own pid when its scope closes (after two seconds of good-byes, for good), and its last output is kept for the
 * failure that needs it. Children stay in our process group, so Ctrl-C reaches them too.
 */
import { Duration, Effect, Schedule, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"

/** A program ended, or never came to where we needed it. */
export class ProcessFailed extends Schema.TaggedError<ProcessFailed>()("ProcessFailed", {
  command: Schema.String,
  what: Schema.String,
  output: Schema.String,
}) {
  override get message(): string {
    return `${this.command}: ${this.what}\n${this.output}`
  }
}

export interface Daemon {
  /** Waits until the check says yes; fails when the daemon ends first, or after so long (default: 30 s). */
  readonly until: <E, R>(
    what: string,
    check: Effect.Effect<boolean, E, R>,
    patience?: Duration.Duration,
  ) => Effect.Effect<void, ProcessFailed | E, R>
}

/** What a program said and how it ended. */
export interface Finished {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Starts a program that keeps running until the scope closes. */
export const daemon = Effect.fnUntraced(function* (command: string, args: ReadonlyArray<string>) {
  const process = yield* ChildProcess.make(command, args, options)
  const lines: Array<string> = []
  yield* process.all.pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.runForEach((line) => Effect.sync(() => keepLast(lines, line))),
    Effect.ignore,
    Effect.forkScoped,
  )
  const failed = (what: string) =>
    Effect.suspend(() => Effect.fail(new ProcessFailed({ command, what, output: lines.join("\n") })))
  const ended = Effect.exit(process.exitCode).pipe(Effect.andThen(failed("it ended before it was ready")))
  const until: Daemon["until"] = (what, check, patience = startUp) =>
    check.pipe(
      Effect.repeat({ until: (ready) => ready, schedule: Schedule.spaced("100 millis") }),
      Effect.asVoid,
      Effect.raceFirst(ended),
      Effect.timeoutOrElse({
        duration: patience,
        orElse: () => failed(`waited ${Duration.format(patience)} for: ${what}`),
      }),
    )
  return { until } satisfies Daemon
})

/** Runs a program to its end, whatever its exit code. */
export const run = (command: string, args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const process = yield* ChildProcess.make(command, args, options)
    const [stdout, stderr] = yield* Effect.all(
      [Stream.mkString(Stream.decodeText(process.stdout)), Stream.mkString(Stream.decodeText(process.stderr))],
      { concurrency: 2 },
    )
    return { exitCode: yield* process.exitCode, stdout, stderr } satisfies Finished
  }).pipe(Effect.scoped)

/** Runs a program that must succeed; its standard output. */
export const output = Effect.fnUntraced(function* (command: string, args: ReadonlyArray<string>) {
  const finished = yield* run(command, args)
  if (finished.exitCode === 0) return finished.stdout
  return yield* new ProcessFailed({
    command,
    what: `exit code ${finished.exitCode}`,
    output: finished.stdout + finished.stderr,
  })
})

/** transmission hashes, binds and announces in under 3 s; the rest is for a busy machine. */
const startUp = Duration.seconds(30)

/** Lines of output kept for a failure's message. */
const linesKept = 40

const keepLast = (lines: Array<string>, line: string) => {
  lines.push(line)
  if (lines.length > linesKept) lines.shift()
}

/** Every tracker here is on loopback: a proxy from the environment would be asked for it in vain. */
const withoutProxies = Object.fromEntries(
  ["http_proxy", "https_proxy", "all_proxy"].flatMap((name) => [
    [name, undefined],
    [name.toUpperCase(), undefined],
  ]),
)

/** How every program here is started. */
export const options: ChildProcess.CommandOptions = {
  stdin: "ignore",
  detached: false,
  env: withoutProxies,
  extendEnv: true,
  forceKillAfter: "2 seconds",
}

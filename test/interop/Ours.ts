/** The command under test as a member of a swarm: a process that is followed by its JSON lines, and that can be told to stop as by Ctrl-C. */
import { Duration, Effect, Fiber, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { options, ProcessFailed } from "./Process.ts"
import { cli } from "./unchoke.ts"

/** A line of `--json`, of which these members matter here. */
const Line = Schema.fromJsonString(
  Schema.Struct({
    _tag: Schema.String,
    peer: Schema.optional(Schema.String),
    error: Schema.optional(Schema.Unknown),
    incoming: Schema.optional(Schema.Boolean),
    origin: Schema.optional(Schema.String),
    peers: Schema.optional(Schema.Union([Schema.Array(Schema.String), Schema.Int])),
    seen: Schema.optional(Schema.Struct({ encrypted: Schema.optional(Schema.String) })),
    url: Schema.optional(Schema.String),
    bytes: Schema.optional(Schema.Finite),
    stored: Schema.optional(Schema.Int),
    uploaded: Schema.optional(Schema.Finite),
    downloaded: Schema.optional(Schema.Finite),
  }),
)
export type Line = typeof Line.Type

export interface Ours {
  readonly lines: ReadonlyArray<Line>
  /** Waits until it says so; fails when it ends before, or after a minute. */
  readonly until: (what: string, check: (line: Line) => boolean) => Effect.Effect<void, ProcessFailed>
  /** Waits until it says of as many bytes that they were sent. */
  readonly untilSent: (bytes: number) => Effect.Effect<void, ProcessFailed>
  /** Interrupts it, as Ctrl-C does; its exit code. */
  readonly interrupt: Effect.Effect<number, ProcessFailed>
  /** Its exit code, when it ends by itself. */
  readonly ended: Effect.Effect<number, ProcessFailed>
  /** Bytes that it received from (or sent to) whoever has an address that begins so. */
  readonly sum: (what: "Received" | "Sent", from?: string) => number
}

const patience = Duration.minutes(2)

/** Starts it; it lives until the scope closes, or until it is interrupted. */
export const start = (...args: ReadonlyArray<string>) => startBy(globalThis.process.execPath, [cli, ...args])

/** The same, started by another program. */
export const startBy = Effect.fnUntraced(function* (file: string, args: ReadonlyArray<string>) {
  const process = yield* ChildProcess.make(file, [...args, "--json"], options)
  const lines: Array<Line> = []
  const errors: Array<string> = []
  const decode = Schema.decodeUnknownEffect(Line)
  const reading = yield* Stream.decodeText(process.stdout).pipe(
    Stream.splitLines,
    Stream.mapEffect((line) => decode(line)),
    Stream.runForEach((line) => Effect.sync(() => void lines.push(line))),
    Effect.catch((error) => Effect.sync(() => void errors.push(String(error)))),
    Effect.forkScoped,
  )
  yield* Stream.decodeText(process.stderr).pipe(
    Stream.runForEach((text) => Effect.sync(() => void errors.push(text))),
    Effect.ignore,
    Effect.forkScoped,
  )
  const failed = (what: string) =>
    Effect.suspend(() => {
      const last = lines.slice(-40).map((line) => JSON.stringify(line))
      return Effect.fail(
        new ProcessFailed({ command: `unchoke ${args.join(" ")}`, what, output: [...last, ...errors].join("\n") }),
      )
    })
  const within = <A, E>(what: string, effect: Effect.Effect<A, E>) =>
    Effect.timeoutOrElse(effect, {
      duration: patience,
      orElse: () => failed(`waited ${Duration.format(patience)} for: ${what}`),
    })
  const exit = Effect.catch(process.exitCode, (error) => failed(String(error)))
  const until: Ours["until"] = (what, check) =>
    Effect.gen(function* () {
      for (let seen = 0; ;) {
        const isRunning = yield* Effect.orElseSucceed(process.isRunning, () => false)
        // What it said last may not have been read yet.
        if (!isRunning) yield* Fiber.await(reading)
        for (; seen < lines.length; seen++) if (check(lines[seen]!)) return
        if (!isRunning) return yield* failed(`it ended before: ${what}`)
        yield* Effect.sleep("50 millis")
      }
    }).pipe((wait) => within(what, wait))
  return {
    lines,
    until,
    untilSent: (bytes) =>
      Effect.suspend(() => {
        let sum = 0
        return until(`${bytes} bytes sent`, (line) => line._tag === "Sent" && (sum += line.bytes ?? 0) >= bytes)
      }),
    interrupt: Effect.andThen(
      Effect.ignore(Effect.forkChild(process.kill({ killSignal: "SIGINT" }))),
      within("its end", exit),
    ),
    ended: within("its end", exit),
    sum: (what, from = "") => {
      let sum = 0
      for (const { _tag, bytes = 0, peer = "" } of lines) if (_tag === what && peer.startsWith(from)) sum += bytes
      return sum
    },
  } satisfies Ours
})

/** Runs a client until it has done its work and says what that cost: see loadgen/stopwatch.c. */
import { Duration, Effect, Schema } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import type { Launch } from "./clients/Client.ts"
import { Programs } from "./Programs.ts"

/** Times in seconds, memory in bytes. */
export class Reading extends Schema.Class<Reading>("bench/Reading")({
  ended: Schema.Literals(["exit", "marker", "timeout", "interrupted"]),
  status: Schema.Int,
  /** Microseconds of the monotonic clock. */
  started: Schema.Int,
  wall: Schema.Finite,
  user: Schema.Finite,
  system: Schema.Finite,
  peak: Schema.Int,
  anonymous: Schema.Int,
}) {
  /** Whether the client itself says that its work is done. */
  get done() {
    return this.ended === "marker" || (this.ended === "exit" && this.status === 0)
  }
}

/** Starts the program in a process group of its own, which is gone when this ends. What it prints goes to the log. */
export const timed = Effect.fnUntraced(function* (launch: Launch, log: string, patience: Duration.Duration) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const { stopwatch } = yield* Programs
  const args = [String(Duration.toMillis(patience)), launch.marker ?? "-", log, launch.command, ...launch.args]
  const line = yield* spawner.string(
    ChildProcess.make(stopwatch, args, { env: { ...withoutProxies, ...launch.env }, extendEnv: true, detached: false }),
  )
  return yield* Schema.decodeEffect(Schema.fromJsonString(Reading))(line)
})

/** The tracker is on loopback: a proxy from the environment would be asked for it in vain. */
export const withoutProxies = Object.fromEntries(
  ["http_proxy", "https_proxy", "all_proxy"].flatMap((name) => [
    [name, undefined],
    [name.toUpperCase(), undefined],
  ]),
)

/**
 * Runs a program under a clock that jumps: whenever every fiber waits, to the moment at which the next one wakes up.
 *
 * Hours pass in the time that it takes to compute them, in the same order each time, so a program that is given its randomness does the same each time. Invariants: time stands still while any fiber has something
 * to do; who sleeps is woken in the order of the times, and of going to sleep where those are the same. Nothing in the program may wait for the world outside: that takes no virtual time.
 */
import { Clock, Duration, Effect, Scheduler } from "effect"
import { Heap } from "./network/Heap.ts"

/** Milliseconds of real time after which others of this process have a turn. */
const slice = 50

/**
 * Ends as the program does. Dies when it has not ended after `atMost` (default: a day) of virtual time, or when all wait and nobody sleeps.
 *
 * The program begins at the time 0 and shares nothing with the fiber that runs this: not its clock, scheduler or services.
 */
export const run = <A, E>(
  program: Effect.Effect<A, E>,
  { atMost = Duration.days(1) }: { readonly atMost?: Duration.Input } = {},
): Effect.Effect<A, E> =>
  Effect.callback<A, E>((resume) => {
    const time = new Time()
    const end = Duration.toMillis(atMost)
    const fiber = Effect.runFork(Effect.provideService(program, Clock.Clock, time.clock), {
      scheduler: new Scheduler.MixedScheduler("async", time.soon),
    })
    let isOver = false
    fiber.addObserver((exit) => {
      isOver = true
      resume(exit)
    })
    const give = () => {
      const turn = performance.now() + slice
      while (!isOver) {
        if (!time.pass(end)) {
          isOver = true
          return resume(Effect.die(new Error(`it hangs at ${time.now} ms`)))
        }
        if (performance.now() >= turn) return void setImmediate(give)
      }
    }
    setImmediate(give)
    return Effect.sync(() => void (isOver = true))
  })

class Time {
  now = 0
  /** What is to run at this moment. */
  #ready: Array<() => void> = []
  readonly #sleepers = new Heap<() => void>()

  readonly soon = (task: () => void): (() => void) => {
    let isCancelled = false
    this.#ready.push(() => {
      if (!isCancelled) task()
    })
    return () => void (isCancelled = true)
  }

  readonly clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => this.now,
    currentTimeMillis: Effect.sync(() => this.now),
    currentTimeNanosUnsafe: () => BigInt(Math.round(this.now * 1e6)),
    currentTimeNanos: Effect.sync(() => BigInt(Math.round(this.now * 1e6))),
    monotonicTimeNanosUnsafe: () => BigInt(Math.round(this.now * 1e6)),
    monotonicTimeNanos: Effect.sync(() => BigInt(Math.round(this.now * 1e6))),
    sleep: (duration) => this.#sleep(Duration.toMillis(duration)),
  }

  /** Runs what is ready, or else wakes who is next. False when nobody ever will be. */
  pass(end: number): boolean {
    if (this.#ready.length > 0) {
      const ready = this.#ready
      this.#ready = []
      for (const task of ready) task()
      return true
    }
    const next = this.#sleepers.nextTime
    if (next === undefined || next > end) return false
    this.now = next
    this.#sleepers.pop()()
    return true
  }

  #sleep(millis: number): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (!Number.isFinite(millis)) return
      this.#sleepers.push(this.now + Math.max(0, millis), () => resume(Effect.void))
    })
  }
}

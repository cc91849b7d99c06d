/**
 * A clock that stands still while we do: a stopped process, a suspended machine, a loop that something held up. Deadlines that are measured with it are for what others do while we
 * watch; the first thing that runs after a pause is a timer, before anything is read that came meanwhile, and the peers would be blamed for our absence.
 *
 * Invariants: its monotonic time never runs backwards, and a sleep is over when so much of that time has gone by; a pause, once noticed, counts for nothing; after one, no sleep is
 * over before the sockets have been read.
 */
import { Clock, Duration, Effect, Layer } from "effect"

/** While somebody sleeps, we look at the time this often, in milliseconds. */
const beat = 250

/** A look that comes so much too late, in milliseconds, was held up: a busy loop is late by some dozens. */
const held = 500

/** What is left of a sleep after a pause is this many milliseconds at least: so long the loop has to read what has arrived. */
const graceAfterPause = 100

const longestTimer = 2 ** 31 - 1

export class AttentiveClock implements Clock.Clock {
  readonly #nanos: () => bigint
  #sleepers = 0
  #heart: ReturnType<typeof setInterval> | undefined
  #lastLook: bigint
  /** What the pauses took, in nanoseconds. */
  #missed = 0n
  #pauses = 0

  /** `nanos` is the machine's monotonic time. */
  constructor(nanos: () => bigint = process.hrtime.bigint) {
    this.#nanos = nanos
    this.#lastLook = nanos()
  }

  currentTimeMillisUnsafe(): number {
    return Date.now()
  }
  readonly currentTimeMillis = Effect.sync(() => this.currentTimeMillisUnsafe())

  currentTimeNanosUnsafe(): bigint {
    return BigInt(Date.now()) * 1_000_000n
  }
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())

  monotonicTimeNanosUnsafe(): bigint {
    const now = this.#nanos()
    // Nobody has looked while nobody slept: that is no pause.
    if (this.#sleepers > 0 && now - this.#lastLook > BigInt(beat + held) * 1_000_000n) {
      this.#missed += now - this.#lastLook
      this.#pauses++
    }
    this.#lastLook = now
    return now - this.#missed
  }
  readonly monotonicTimeNanos = Effect.sync(() => this.monotonicTimeNanosUnsafe())

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    const millis = Duration.toMillis(duration)
    if (millis <= 0) return Effect.yieldNow
    if (!Number.isFinite(millis)) return Effect.never
    return Effect.callback((resume) => {
      const due = this.#millis() + millis
      this.#fallAsleep()
      let pauses = this.#pauses
      const wake = () => {
        const left = due - this.#millis()
        const paused = this.#pauses !== pauses
        pauses = this.#pauses
        if (paused) timer = setTimeout(wake, Math.min(longestTimer, Math.max(left, graceAfterPause)))
        else if (left > 1) timer = setTimeout(wake, Math.min(longestTimer, left))
        else {
          this.#wakeUp()
          resume(Effect.void)
        }
      }
      let timer = setTimeout(wake, Math.min(longestTimer, millis))
      return Effect.sync(() => {
        clearTimeout(timer)
        this.#wakeUp()
      })
    })
  }

  #millis(): number {
    return Number(this.monotonicTimeNanosUnsafe()) / 1e6
  }

  #fallAsleep(): void {
    if (this.#sleepers++ > 0) return
    this.#heart = setInterval(() => this.monotonicTimeNanosUnsafe(), beat)
    this.#heart.unref()
  }

  #wakeUp(): void {
    if (--this.#sleepers > 0) return
    clearInterval(this.#heart)
    this.#heart = undefined
  }
}

/** For whoever waits for others. */
export const layer: Layer.Layer<never> = Layer.sync(Clock.Clock, () => new AttentiveClock())

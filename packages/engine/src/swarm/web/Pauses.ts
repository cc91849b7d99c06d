/**
 * How long a web server is left alone when it did badly. Times are milliseconds, by a stopwatch.
 *
 * Invariants: each pause is twice as long as the last, up to the longest, until it has given all that one request was for; after so many failures without a block in between there is no further one.
 */
import { Duration } from "effect"
import type { WebProblem } from "../../sources/web/WebProblem.ts"

/** After so many failures in a row, without a block in between, it is given up. */
const mostFailures = 5

/** The first pause after a failure; twice as long each time, up to the longest, for who gives at least something each time. */
const firstPause = Duration.seconds(1)
const longestPause = Duration.seconds(32)

/** Who wants to be asked later than that is asked then all the same. */
const longestRetryAfter = Duration.hours(1)

/** Who wants to be left alone for longer is nobody to wait for. */
const longestWait = Duration.minutes(5)

export class Pauses {
  /** In a row, without a block in between. */
  #failures = 0
  /** In a row, without an answer in between that was given to its end. */
  #breaks = 0
  #until = -Infinity

  gaveBlock(): void {
    this.#failures = 0
  }

  gaveAll(): void {
    this.#breaks = 0
  }

  /** How long it is still to be left alone; nothing or less when it may be asked. */
  left(now: number): number {
    return this.#until - now
  }

  /** Whether it is to be asked again soon enough to be waited for. */
  areShort(now: number): boolean {
    return this.left(now) <= Duration.toMillis(longestWait)
  }

  /** It failed. For how long it is left alone; `undefined` when it is given up. */
  fail(problem: WebProblem, now: number): Duration.Duration | undefined {
    if (++this.#failures >= mostFailures) return undefined
    const usual = Duration.min(longestPause, Duration.times(firstPause, 2 ** this.#breaks++))
    const wanted = problem._tag === "HttpStatus" ? (problem.retryAfter ?? usual) : usual
    const pause = Duration.max(usual, Duration.min(wanted, longestRetryAfter))
    this.#until = now + Duration.toMillis(pause)
    return pause
  }
}

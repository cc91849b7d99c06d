/**
 * How many bytes a second may go: a bucket of tokens for each limit, and the line of those that wait for a session's and their torrent's.
 *
 * Plain and synchronous, a whole turn at a time. Invariants: in any stretch of time a limit lets so many bytes pass as its rate gives, and one burst (or one turn, where that is longer); those
 * that wait go in the order in which they came, but nobody waits behind a torrent that is not its own; a token is lost only while nobody waits.
 */
import { Geometry } from "@unchoke/protocol"

const second = 1000

/** A turn is a sixteenth of a second's worth, so that many take turns each second, but a block at least, and no more than one write. */
const turnsPerSecond = 16
const longestTurn = 16 * Geometry.blockSize

/** What was not used is kept for a quarter of a second; at low rates, so that a late timer costs nothing, for two blocks or one second. */
const burstsPerSecond = 4

export class Rate {
  /** Bytes a second; 0 lets nothing pass, and Infinity everything. */
  readonly bytesPerSecond: number
  readonly #burst: number
  /** When the bucket is (or was) full again. */
  #full = -Infinity

  /** Without `bytesPerSecond` there is no limit. */
  constructor(bytesPerSecond = Infinity) {
    this.bytesPerSecond = bytesPerSecond
    const few = Math.min(2 * Geometry.blockSize, Math.max(Geometry.blockSize, bytesPerSecond))
    this.#burst = Math.max(bytesPerSecond / burstsPerSecond, few)
  }

  /** How many bytes one should take at a time. */
  get turn(): number {
    return Math.min(longestTurn, Math.max(Geometry.blockSize, Math.floor(this.bytesPerSecond / turnsPerSecond)))
  }

  /** How many milliseconds so many bytes have to wait. More than a burst is let go when the bucket is full. */
  wait(bytes: number, now: number): number {
    if (this.bytesPerSecond === Infinity) return 0
    if (this.bytesPerSecond <= 0) return Infinity
    return Math.max(0, this.#full - now - this.#time(this.#burst - Math.min(bytes, this.#burst)))
  }

  /** So many bytes go, whether they had to wait or not. */
  take(bytes: number, now: number): void {
    this.#full = Math.max(this.#full, now) + this.#time(bytes)
  }

  /** So many of the bytes that were taken did not go after all. */
  giveBack(bytes: number): void {
    this.#full -= this.#time(bytes)
  }

  #time(bytes: number): number {
    return (bytes / this.bytesPerSecond) * second
  }
}

/** Somebody who waits in a line. */
export interface Turn {
  /** The limit of its torrent. */
  readonly own: Rate
  readonly bytes: number
  /** Is called when it may go. */
  readonly go: () => void
}

/** All who wait for one limit that they share, and each for one of its own. */
export class Line {
  readonly #shared: Rate
  readonly #waiting = new Set<Turn>()

  constructor(shared: Rate) {
    this.#shared = shared
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.size
  }

  /** To the end of the line. */
  enter(turn: Turn): void {
    this.#waiting.add(turn)
  }

  leave(turn: Turn): void {
    this.#waiting.delete(turn)
  }

  /** Lets go who may; in how many milliseconds the next one may, if anybody waits for time to pass. */
  advance(now: number): number | undefined {
    const blocked = new Set<Rate>()
    let next = Infinity
    for (const turn of this.#waiting) {
      const { bytes, go, own } = turn
      if (blocked.has(own)) continue
      const shared = this.#shared.wait(bytes, now)
      if (shared > 0) {
        next = Math.min(next, shared)
        break
      }
      const wait = own.wait(bytes, now)
      if (wait > 0) {
        blocked.add(own)
        next = Math.min(next, wait)
        continue
      }
      this.#shared.take(bytes, now)
      own.take(bytes, now)
      this.#waiting.delete(turn)
      go()
    }
    return next === Infinity ? undefined : next
  }
}

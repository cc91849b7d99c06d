/** So much at once, and so much in the long run: what is beyond it is not listened to. Plain: it is told the time, in milliseconds. */
export class Ration {
  readonly #most: number
  readonly #every: number
  #left: number
  #at: number

  /** `most` at once, and one more in `every` milliseconds. */
  constructor(most: number, every: number, now: number) {
    this.#most = this.#left = most
    this.#every = every
    this.#at = now
  }

  /** Whether one more is within it. */
  take(now: number): boolean {
    this.#left = Math.min(this.#most, this.#left + (now - this.#at) / this.#every)
    this.#at = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}

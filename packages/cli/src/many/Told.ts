/** How much is told of what goes wrong: a folder of ten thousand files that are no torrents is not ten thousand lines. Invariant: in a span of time no more are told than `most`. */

/** So many in so long, in milliseconds. */
const most = 20
const span = 60_000

export class Told {
  #since = -Infinity
  #told = 0

  /** What to do with one more: tell it; say that more are only counted; or neither. */
  next(now: number): "tell" | "say that there are more" | "count" {
    if (now - this.#since >= span) {
      this.#since = now
      this.#told = 0
    }
    this.#told++
    return this.#told <= most ? "tell" : this.#told === most + 1 ? "say that there are more" : "count"
  }
}

/** Bytes a second over the last minutes, and how that looks in a line: a fold, in place. Times are in milliseconds, by a clock that nobody sets. */

/** As many seconds as the widest terminal has room for. */
const longest = 300

/** What is told once a second falls into a second twice, and then not at all: each is the mean of so many. */
const smoothing = 3

export class History {
  readonly #seconds = new Float64Array(longest)
  #now = -Infinity

  add(bytes: number, at: number): void {
    const second = this.#advance(at)
    this.#seconds[((second % longest) + longest) % longest]! += bytes
  }

  /** The last so many seconds before this one, which is not over. */
  last(amount: number, at: number): ReadonlyArray<number> {
    const now = this.#advance(at)
    const of = (second: number) => this.#seconds[((second % longest) + longest) % longest]!
    return Array.from({ length: Math.min(amount, longest - smoothing) }, (_, nth) => {
      const second = now - Math.min(amount, longest - smoothing) + nth
      let sum = 0
      for (let back = 0; back < smoothing; back++) sum += of(second - back)
      return sum / smoothing
    })
  }

  /** Makes this second the last one; those that have passed in between were empty. */
  #advance(at: number): number {
    const second = Math.floor(at / 1000)
    if (second <= this.#now) return this.#now
    const passed = Math.min(longest, second - this.#now)
    for (let back = 0; back < passed; back++) this.#seconds[(((second - back) % longest) + longest) % longest] = 0
    this.#now = second
    return second
  }
}

const levels = "▁▂▃▄▅▆▇█"

/** A cell a second, the highest as high as the most; without anything it is flat. */
export const sparkline = (rates: ReadonlyArray<number>): string => {
  const most = Math.max(0, ...rates)
  return rates
    .map((rate) => (most === 0 ? levels[0] : levels[Math.round((rate / most) * (levels.length - 1))]))
    .join("")
}

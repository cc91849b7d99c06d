/**
 * What a watched folder has shown: a fold of the looks at it.
 *
 * Invariants: a file rests when two looks in a row have found it as it is, so nobody takes one that is just being written; what was taken rests no more, until it has changed; what is not there any more
 * is forgotten; of more than `mostWatched` files the others are as if they were not there.
 */

/** So many files are kept in mind. */
export const mostWatched = 100_000

/** A file as a look has found it. */
export interface Sight {
  readonly name: string
  /** Differs whenever the file does: its number, length and time. */
  readonly stamp: string
}

/** A file that nobody has taken, and how many looks in a row have found it unchanged. */
export interface Resting {
  readonly name: string
  readonly looks: number
}

interface Known {
  readonly stamp: string
  readonly looks: number
  taken: boolean
}

export class Watched {
  #known = new Map<string, Known>()

  /** Those that rest now. */
  look(found: Iterable<Sight>): ReadonlyArray<Resting> {
    const before = this.#known
    this.#known = new Map()
    const resting: Array<Resting> = []
    for (const { name, stamp } of found) {
      if (this.#known.size >= mostWatched) break
      const last = before.get(name)
      const known = last?.stamp === stamp ? { ...last, looks: last.looks + 1 } : { stamp, looks: 0, taken: false }
      this.#known.set(name, known)
      if (known.looks > 0 && !known.taken) resting.push({ name, looks: known.looks })
    }
    return resting
  }

  /** It is taken as it is. */
  take(name: string): void {
    const known = this.#known.get(name)
    if (known !== undefined) known.taken = true
  }
}

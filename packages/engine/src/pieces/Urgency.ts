/**
 * What readers wait for: for each a window of pieces, the next ones from where it reads.
 *
 * Plain, and nothing while nobody reads. Invariants: a window is here from `open` until `close`; pieces are looked at by rank, the next one of every reader before the second next of any; who found
 * nothing at a `turn` finds nothing before the next one, unless it was short of a buffer.
 */

/** Of so many pieces from where it reads, at the most: each is looked at by whoever looks for something to fetch. */
export const longestWindow = 256

/** What is to be done when windows change. */
export interface UrgencyOptions {
  readonly isStored: (piece: number) => boolean
  /** A reader waits for what nobody was asked for as urgent: it has just begun, or reads elsewhere. */
  readonly leapt: () => void
}

/** The pieces that one reader needs next. */
export interface Window {
  /** From now on it reads from piece `from` on, and will have read all below `end` before it needs others. */
  readonly move: (from: number, end: number) => void
  readonly close: () => void
}

export class Urgency {
  readonly #options: UrgencyOptions
  readonly #here = new Set<Reach>()
  #turn = 0

  constructor(options: UrgencyOptions) {
    this.#options = options
  }

  /** Whether anybody reads. */
  get any(): boolean {
    return this.#here.size > 0
  }

  /** Counts how often something may have become free to be asked for, or urgent. */
  get turn(): number {
    return this.#turn
  }

  /** A block may be anybody's again. */
  freed(): void {
    this.#turn++
  }

  /** A reader; `stored` is run when a piece of its window is. */
  open(stored: () => void): Window {
    const reach: Reach = { from: 0, end: 0, stored }
    this.#here.add(reach)
    return {
      move: (from, end) => {
        const isLeap = from < reach.from || from >= reach.end
        reach.from = from
        reach.end = Math.min(end, from + longestWindow)
        this.#turn++
        if (isLeap && this.#here.has(reach) && !this.#options.isStored(from)) this.#options.leapt()
      },
      close: () => {
        this.#here.delete(reach)
        this.#turn++
      },
    }
  }

  /** Whether some reader needs the piece soon. */
  wants(piece: number): boolean {
    for (const { end, from } of this.#here) if (piece >= from && piece < end) return true
    return false
  }

  /** The first that `take` makes of a piece, by rank; of those that are stored it is not asked. */
  first<A>(take: (piece: number, rank: number) => A | undefined): A | undefined {
    const reaches = [...this.#here].map(({ end, from }) => ({ from: this.#firstMissing(from, end), end }))
    const ranks = reaches.reduce((most, { end, from }) => Math.max(most, end - from), 0)
    for (let rank = 0; rank < ranks; rank++) {
      for (const { end, from } of reaches) {
        const piece = from + rank
        if (piece >= end || this.#options.isStored(piece)) continue
        const taken = take(piece, rank)
        if (taken !== undefined) return taken
      }
    }
    return undefined
  }

  /** A piece is stored. */
  stored(piece: number): void {
    for (const { end, from, stored } of this.#here) if (piece >= from && piece < end) stored()
  }

  #firstMissing(from: number, end: number): number {
    let piece = from
    while (piece < end && this.#options.isStored(piece)) piece++
    return piece
  }
}

interface Reach {
  from: number
  /** Not in it any more. */
  end: number
  readonly stored: () => void
}

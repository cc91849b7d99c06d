/**
 * What readers wait for: for each a window of pieces, the next ones from where it reads.
 *
 * Plain, and nothing while nobody reads. Invariants: a window is here from `open` until `close`; pieces are looked at by how far they are away, the next one of every reader before the second next of any; who found
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

  /** Whether a reader has come to what is not there. */
  get starves(): boolean {
    for (const { end, from } of this.#here) if (from < end && !this.#options.isStored(from)) return true
    return false
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

  /**
   * The first that `take` makes of a piece that is not stored: the nearest to where its reader is goes first. It is told how many the reader lacks before this one, and how far it is away. Of each reader so many are
   * looked at.
   */
  first<A>(take: (piece: number, rank: number, distance: number) => A | undefined, most = Infinity): A | undefined {
    const reaches = [...this.#here].map(({ end, from }) => ({ from, end, rank: 0 }))
    const longest = reaches.reduce((longest, { end, from }) => Math.max(longest, end - from), 0)
    for (let distance = 0; distance < longest; distance++) {
      for (const reach of reaches) {
        const piece = reach.from + distance
        if (piece >= reach.end || reach.rank >= most || this.#options.isStored(piece)) continue
        const taken = take(piece, reach.rank++, distance)
        if (taken !== undefined) return taken
      }
    }
    return undefined
  }

  /** A piece is stored. */
  stored(piece: number): void {
    for (const { end, from, stored } of this.#here) if (piece >= from && piece < end) stored()
  }
}

interface Reach {
  from: number
  /** Not in it any more. */
  end: number
  readonly stored: () => void
}

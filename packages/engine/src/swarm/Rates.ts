/**
 * How many bytes a second may go: a bucket of tokens for each limit, and the line of those that wait for a session's and their torrent's.
 *
 * Plain and synchronous, a whole turn at a time. Invariants: in any stretch of time a limit lets so many bytes pass as its rate gives, and one burst (or one turn, where that is longer); those
 * that wait go in the order in which they came, and torrents in turn, so that each gets as much however many links it has; nobody waits behind a torrent that waits for itself; a token is lost only while nobody waits.
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

/** Those that wait of one torrent, in the order in which they came. */
interface Lane {
  readonly turns: Set<Turn>
  /** Bytes that have gone, its own and as many as others had before it came: who has the least is next. */
  gone: number
}

/** All who wait for one limit that they share, and each for one of its own. */
export class Line {
  readonly #shared: Rate
  readonly #lanes = new Map<Rate, Lane>()
  /** What each had when it waited last: who comes back at once gains nothing by that. */
  readonly #before = new WeakMap<Rate, number>()
  /** What the one had that went last. */
  #gone = 0

  constructor(shared: Rate) {
    this.#shared = shared
  }

  /** How many wait. */
  get length(): number {
    let sum = 0
    for (const { turns } of this.#lanes.values()) sum += turns.size
    return sum
  }

  get isEmpty(): boolean {
    return this.#lanes.size === 0
  }

  /** To the end of the line. */
  enter(turn: Turn): void {
    const lane = this.#lanes.get(turn.own)
    if (lane !== undefined) return void lane.turns.add(turn)
    const gone = Math.max(this.#gone, this.#before.get(turn.own) ?? 0)
    this.#lanes.set(turn.own, { turns: new Set([turn]), gone })
  }

  leave(turn: Turn): void {
    const lane = this.#lanes.get(turn.own)
    if (lane?.turns.delete(turn) === true && lane.turns.size === 0) this.#lanes.delete(turn.own)
  }

  /** Lets go who may; in how many milliseconds the next one may, if anybody waits for time to pass. */
  advance(now: number): number | undefined {
    const blocked = new Set<Rate>()
    let next = Infinity
    for (let own = this.#first(blocked); own !== undefined; own = this.#first(blocked)) {
      const lane = this.#lanes.get(own)!
      const [turn] = lane.turns
      const { bytes, go } = turn!
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
      this.#gone = lane.gone
      lane.gone += bytes
      this.#before.set(own, lane.gone)
      this.leave(turn!)
      go()
    }
    return next === Infinity ? undefined : next
  }

  /** Of the torrents that may go the one that has had the least. */
  #first(blocked: ReadonlySet<Rate>): Rate | undefined {
    let first: Rate | undefined
    let least = Infinity
    for (const [own, { gone }] of this.#lanes) {
      if (gone >= least || blocked.has(own)) continue
      first = own
      least = gone
    }
    return first
  }
}

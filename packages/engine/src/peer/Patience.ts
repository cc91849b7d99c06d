/**
 * How long we have been waiting for a peer that passed its probe, and how much it gives meanwhile.
 *
 * Plain: it is told what happens and when (milliseconds that never run backwards). Invariant: only what the peer owes counts against it. While nothing is asked of it (others hold
 * every piece or every buffer, or all waits for the disk) its clock stands still; a peer that refuses owes.
 */

/** The rate is that of so many looks; at two a second, of the last two seconds. */
const looks = 4

/** Nor more than that of so many milliseconds: while it was at rest it was hardly looked at, and gave nothing. */
const longestWindow = 3000

/** In milliseconds. A peer that has given nothing for so long is not giving, and neither is one that gives less than `leastRate`. */
export const noticedAfter = 1000

/** Many give a few blocks at once and then nothing: only who still gives after so long is better than others. */
const provenAfter = 3 * noticedAfter

/** Bytes a second: two blocks. Whoever gives less is worth a look at the others. */
export const leastRate = 32_768

export interface Deadlines {
  /** For the next block, in milliseconds. */
  readonly block: number
  /** For the next `unchoke`, in milliseconds. */
  readonly unchoke: number
}

type Sample = [at: number, given: number]

export class Patience {
  #choking: boolean
  #chokedSince: number
  #unchokedSince: number
  /** When it last gave a block, or owed nothing. */
  #evenSince: number
  /** Since when it has owed us something without a break; a peer that chokes us owes. */
  #owingSince: number
  readonly #since: number
  #poorSince: number | undefined
  /** Since when nothing has been asked of it. */
  #idleSince: number | undefined
  #peak = 0
  #given = 0
  /** How much had come, and when, at the last looks. */
  readonly #samples: Array<Sample>

  constructor(now: number, choking: boolean) {
    this.#choking = choking
    this.#chokedSince = this.#unchokedSince = this.#evenSince = this.#owingSince = this.#since = now
    this.#samples = [[now, 0]]
  }

  /** So many bytes came that were asked for. */
  arrived(bytes: number, now: number): void {
    this.#evenSince = now
    this.#given += bytes
  }

  choked(now: number): void {
    if (!this.#choking) this.#chokedSince = now
    this.#choking = true
  }

  unchoked(now: number): void {
    if (this.#choking) this.#unchokedSince = now
    this.#choking = false
  }

  /** To be told twice a second, and now and then while nothing comes or goes: whether it owes us something at this moment. */
  look(owes: boolean, now: number): void {
    // Of a thousand who wait it is asked twice a second: what is written is written where the oldest was.
    const sample = this.#samples.length < looks ? ([now, this.#given] as Sample) : this.#samples.shift()!
    sample[0] = now
    sample[1] = this.#given
    this.#samples.push(sample)
    const idle = !this.#choking && !owes
    if (idle) this.#evenSince = this.#owingSince = now
    this.#idleSince = idle ? (this.#idleSince ?? now) : undefined
    this.#peak = Math.max(this.#peak, this.rate(now))
    this.#poorSince = this.#isPoor(now) ? (this.#poorSince ?? now) : undefined
  }

  /** Bytes a second of late. */
  rate(now: number): number {
    const [at, given] = this.#samples[0]!
    return ((this.#given - given) * 1000) / Math.max(1, Math.min(now - at, longestWindow))
  }

  /** For how long, in milliseconds, it has given next to nothing; 0 while it gives. */
  poorFor(now: number): number {
    return this.#poorSince === undefined ? 0 : Math.max(1, now - this.#poorSince)
  }

  /** For how long, in milliseconds, nothing has been asked of it; 0 while it owes us something. */
  idleFor(now: number): number {
    return this.#idleSince === undefined ? 0 : Math.max(1, now - this.#idleSince)
  }

  /** For how long, in milliseconds, it has owed us something and given nothing. */
  waited(now: number): number {
    return now - this.#evenSince
  }

  /** The most that it gave, in bytes a second. */
  get peak(): number {
    return this.#peak
  }

  /** What it gave all in all, in bytes a second. */
  mean(now: number): number {
    return (this.#given * 1000) / Math.max(noticedAfter, now - this.#since)
  }

  /** Whether it has been here for so long that giving is no longer just what it had ready. */
  isProven(now: number): boolean {
    return this.#poorSince === undefined && now - this.#since >= provenAfter
  }

  /** Which deadline has passed, if one has, and for how long we have waited. */
  exhausted(
    deadlines: Deadlines,
    now: number,
  ): { readonly _tag: "Choked" | "Stalled"; readonly waited: number } | undefined {
    const sinceBlock = now - this.#evenSince
    // A peer that chokes and unchokes without ever sending a block has both deadlines together, not again and again.
    const atMost = deadlines.block + deadlines.unchoke
    if (this.#choking) {
      const waited = now - this.#chokedSince
      return waited >= deadlines.unchoke || sinceBlock >= atMost ? { _tag: "Choked", waited } : undefined
    }
    const waited = now - Math.max(this.#evenSince, this.#unchokedSince)
    return waited >= deadlines.block || sinceBlock >= atMost ? { _tag: "Stalled", waited: sinceBlock } : undefined
  }

  #isPoor(now: number): boolean {
    if (now - this.#evenSince >= noticedAfter) return true
    return now - this.#owingSince >= 2 * noticedAfter && this.rate(now) < leastRate
  }
}

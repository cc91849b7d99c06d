/** How much may pass: a bucket that fills with time, and one for each of many, bounded. */

/** So much a second on the average, and at most a burst at once. */
export class Allowance {
  readonly #rate: number
  readonly #burst: number
  #left: number
  #at: number

  constructor(perSecond: number, burst: number, now: number) {
    this.#rate = perSecond / 1000
    this.#burst = burst
    this.#left = burst
    this.#at = now
  }

  /** Takes so much, or nothing when there is not enough. */
  take(amount: number, now: number): boolean {
    this.#fill(now)
    if (this.#left < amount) return false
    this.#left -= amount
    return true
  }

  /** Takes so much, also where there is not enough: what follows waits longer. */
  spend(amount: number, now: number): void {
    this.#fill(now)
    this.#left -= amount
  }

  /** When there will be so much. */
  when(amount: number, now: number): number {
    this.#fill(now)
    return this.#left >= amount ? now : now + Math.ceil((amount - this.#left) / this.#rate)
  }

  #fill(now: number): void {
    this.#left = Math.min(this.#burst, this.#left + Math.max(0, now - this.#at) * this.#rate)
    this.#at = Math.max(this.#at, now)
  }
}

/** One allowance for each; of those that were used longest ago nothing is known any more. */
export class Allowances {
  readonly #perSecond: number
  readonly #burst: number
  readonly #most: number
  readonly #of = new Map<string, Allowance>()

  constructor(perSecond: number, burst: number, most: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#most = most
  }

  take(who: string, now: number): boolean {
    const allowance = this.#of.get(who) ?? new Allowance(this.#perSecond, this.#burst, now)
    this.#of.delete(who)
    this.#of.set(who, allowance)
    if (this.#of.size > this.#most) this.#of.delete(this.#of.keys().next().value!)
    return allowance.take(1, now)
  }
}

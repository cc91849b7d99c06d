/** Random numbers that a seed repeats (sfc32): a finding is found again with `--seed`. */
export class Random {
  #a: number
  #b = 0x9e3779b9
  #c = 0x243f6a88
  #counter = 1

  constructor(seed: number) {
    this.#a = seed | 0
    for (let i = 0; i < 15; i++) this.next()
  }

  /** 32 random bits as an unsigned integer. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }

  /** One of `0 … limit - 1`. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit)
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  pick<A>(choices: ArrayLike<A>): A {
    return choices[this.below(choices.length)]!
  }

  /** Mostly small, sometimes up to `limit - 1`: how long a run of bytes should be. */
  small(limit: number): number {
    return this.below(Math.min(limit, 1 + this.below(this.oneIn(4) ? limit : 16)))
  }
}

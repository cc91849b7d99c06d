/** Where chance comes from. Tokens and the names of questions must not be guessed, so outside of tests it is the system's. */
export class Random {
  /** So many unguessable bytes. */
  readonly bytes: (length: number) => Uint8Array

  constructor(bytes: (length: number) => Uint8Array) {
    this.bytes = bytes
  }

  /** An integer from 0 to below this one, which is at most 2^32. */
  below(limit: number): number {
    const [a, b, c, d] = this.bytes(4)
    return Math.floor(((((a! << 24) | (b! << 16) | (c! << 8) | d!) >>> 0) / 2 ** 32) * limit)
  }
}

/** The buffers of an open torrent that are out; each is full of rubbish, as of a store that lends the same ones again. */
export class Loans {
  readonly #length: number
  readonly #most: number
  readonly #out = new Set<Uint8Array>()

  constructor(length: number, most: number) {
    this.#length = length
    this.#most = most
  }

  /** How many are out. */
  get size(): number {
    return this.#out.size
  }

  lend(): Uint8Array | undefined {
    if (this.#out.size >= this.#most) return undefined
    const buffer = new Uint8Array(this.#length).fill(0xdb)
    this.#out.add(buffer)
    return buffer
  }

  giveBack(buffer: Uint8Array): void {
    this.#out.delete(buffer)
  }
}

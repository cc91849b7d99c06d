/** The inputs that are worth keeping: for each feature the shortest input that has it. */
import type { Random } from "./Random.ts"

export class Corpus {
  readonly #best = new Map<number, Entry>()
  #entries: Array<Entry> = []

  /** How many features have been seen. */
  get features(): number {
    return this.#best.size
  }

  get seen(): Iterable<number> {
    return this.#best.keys()
  }

  get inputs(): ReadonlyArray<Uint8Array> {
    return this.#entries.map(({ bytes }) => bytes)
  }

  /** Keeps a copy of an input that has something new, or something known in fewer bytes. Says whether there was something new. */
  add(bytes: Uint8Array, features: ReadonlyArray<number>): boolean {
    const entry: Entry = { bytes: bytes.slice(), features: 0 }
    let isNew = false
    for (const feature of features) {
      const best = this.#best.get(feature)
      if (best !== undefined && best.bytes.length <= bytes.length) continue
      if (best === undefined) isNew = true
      else best.features--
      this.#best.set(feature, entry)
      entry.features++
    }
    if (entry.features > 0) {
      this.#entries = this.#entries.filter(({ features }) => features > 0)
      this.#entries.push(entry)
    }
    return isNew
  }

  /** An input to be changed: a recent one as likely as any other. */
  pick(random: Random): Uint8Array {
    const recent = Math.min(this.#entries.length, 16)
    const from = random.oneIn(2) ? this.#entries.length - recent : 0
    return this.#entries[from + random.below(this.#entries.length - from)]!.bytes
  }
}

interface Entry {
  readonly bytes: Uint8Array
  /** For how many features this is the shortest input. */
  features: number
}

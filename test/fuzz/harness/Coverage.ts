/** Which code the inputs have reached so far, and how often: what makes an input worth keeping. */

/** What one run did. */
export interface Trace {
  /** Each is a block with a magnitude of how often it ran, or a magnitude of the whole work for the length of the input. */
  readonly features: ReadonlyArray<number>
  /** How many blocks ran, each as often as it did. */
  readonly work: number
}

export class Coverage {
  readonly #counters: Uint32Array

  constructor(counters: Uint32Array) {
    this.#counters = counters
  }

  /** How many blocks of code there are. */
  get blocks(): number {
    return this.#counters.length
  }

  /** Starts to count from nothing. */
  reset(): void {
    this.#counters.fill(0)
  }

  /** What has run since the reset, for an input of so many bytes. */
  trace(length: number): Trace {
    const features: Array<number> = []
    let work = 0
    for (let block = 0; block < this.#counters.length; block++) {
      const count = this.#counters[block]!
      if (count === 0) continue
      work += count
      features.push(block * magnitudes + magnitude(count))
    }
    // Slow inputs are kept as well: their offspring is slower still.
    features.push(this.#counters.length * magnitudes + Math.round(4 * Math.log2(1 + work / (length + 16))))
    return { features, work }
  }
}

/** The block of a feature, or `undefined` where it stands for the work. */
export const blockOf = (feature: number, coverage: Coverage): number | undefined => {
  const block = Math.floor(feature / magnitudes)
  return block < coverage.blocks ? block : undefined
}

const magnitudes = 8

/** 1, 2, 3, 4…7, 8…15, 16…31, 32…127, 128…: as in AFL. */
const magnitude = (count: number): number => {
  if (count < 4) return count - 1
  if (count < 8) return 3
  if (count < 16) return 4
  if (count < 32) return 5
  return count < 128 ? 6 : 7
}

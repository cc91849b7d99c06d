/**
 * For whom there is room in what is read of a recording: as many as a survey calls. The others are counted.
 *
 * Invariant: what is kept is bounded, however long the recording is.
 */

/** Peers, as in a survey. */
export const mostPeers = 10_000

/** Names that sources have named, web seeds: more than there are of ten thousand peers, and of a torrent. */
const mostNames = 100_000
const mostWebSeeds = 1000

/** A line as it is in JSON. */
export interface Told {
  readonly _tag: string
  readonly peer?: unknown
  readonly peers?: unknown
  readonly url?: unknown
  readonly error?: unknown
}

export class Roll {
  readonly #peers = new Set<unknown>()
  readonly #webSeeds = new Set<unknown>()
  #names = 0
  /** How many others were called, and how many of them would give something. */
  others = 0
  othersGive = 0

  /** Whether there is room for what a line tells. */
  admits(told: Told): boolean {
    switch (told._tag) {
      case "Named":
        this.#names += Array.isArray(told.peers) ? told.peers.length : 0
        return this.#names <= mostNames
      case "WebSeedPassed":
        return enter(this.#webSeeds, told.url, mostWebSeeds)
      case "WebSeedRejected":
        return enter(this.#webSeeds, (told.error as { readonly url?: unknown } | null)?.url, mostWebSeeds)
      case "Dialling":
      case "Connected":
      case "Parked":
      case "Passed":
      case "Partial":
      case "Rejected":
        return enter(this.#peers, told.peer, mostPeers) || this.#passOver(told._tag)
      default:
        return true
    }
  }

  #passOver(tag: string): false {
    // Nobody is called twice, nor has two verdicts.
    if (tag === "Dialling") this.others++
    if (tag === "Passed" || tag === "Partial") this.othersGive++
    return false
  }
}

const enter = (those: Set<unknown>, one: unknown, most: number): boolean => {
  if (those.size < most) those.add(one)
  return those.has(one)
}

/**
 * Where the DHT can be entered: nodes of the last time, those that a torrent or a user names, and those that let everybody in.
 *
 * Invariants: of more than `maxEntrances` those of which we heard first are forgotten; all are of one family, and can be reached.
 */
import type { NetAddress } from "effect/net"
import * as Endpoint from "./Endpoint.ts"
import type { Random } from "./Random.ts"

/** BootstrapNodes that are remembered. */
const maxEntrances = 200
/** Those that a search begins with: as many of those of whom we heard last, and of all others. */
const entrancesOfSearch = 16

export class BootstrapNodes {
  readonly #family: NetAddress.IpFamily
  readonly #random: Random
  /** Those of whom we heard last behind all others; true: it only lets in, and is no node to ask later. */
  readonly #known = new Map<Endpoint.Endpoint, boolean>()

  constructor(family: NetAddress.IpFamily, random: Random) {
    this.#family = family
    this.#random = random
  }

  get size(): number {
    return this.#known.size
  }

  /** Those of them by which one can enter; `lasting` where each is a node like others, false where it lets everybody in and does no more. */
  add(endpoints: Iterable<Endpoint.Endpoint>, lasting: boolean): ReadonlyArray<Endpoint.Endpoint> {
    const added = [...endpoints].filter(
      (endpoint) => Endpoint.familyOf(endpoint) === this.#family && Endpoint.isReachable(endpoint),
    )
    for (const endpoint of added) {
      this.#known.delete(endpoint)
      this.#known.set(endpoint, !lasting)
      const [oldest] = this.#known.keys()
      if (this.#known.size > maxEntrances) this.#known.delete(oldest!)
    }
    return added
  }

  /** Whether it lets in, and is no node to ask later. */
  onlyLetsIn(endpoint: Endpoint.Endpoint): boolean {
    return this.#known.get(endpoint) === true
  }

  /** Those that a search begins with. */
  some(): ReadonlyArray<Endpoint.Endpoint> {
    const all = [...this.#known.keys()].toReversed()
    const others = all.splice(entrancesOfSearch)
    for (let left = entrancesOfSearch; left > 0 && others.length > 0; left--) {
      all.push(...others.splice(this.#random.below(others.length), 1))
    }
    return all
  }
}

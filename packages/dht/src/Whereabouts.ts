/**
 * Where others see us, by their votes (BEP 42): a network has one vote, and one alone decides nothing.
 *
 * Invariants: at most `maxVotes` are remembered, the latest of each network.
 */
import * as Endpoint from "./Endpoint.ts"

const maxVotes = 50
/** Votes for one address before it is believed, and more than half of all. */
const enough = 5

export class Whereabouts {
  readonly #votes = new Map<string, string>()
  #host: string | undefined

  /** An endpoint of ours with the address that is believed; its port means nothing. */
  get address(): Endpoint.Endpoint | undefined {
    return this.#host === undefined ? undefined : Endpoint.fromHost(this.#host)
  }

  /** Whether something else is believed now. */
  vote(voter: Endpoint.Endpoint, seen: Endpoint.Endpoint): boolean {
    if (seen.length !== voter.length || !Endpoint.isReachable(seen) || Endpoint.isLocal(seen)) return false
    const network = Endpoint.networkOf(voter)
    this.#votes.delete(network)
    this.#votes.set(network, Endpoint.hostOf(seen))
    if (this.#votes.size > maxVotes) this.#votes.delete(this.#votes.keys().next().value!)
    const host = Endpoint.hostOf(seen)
    if (host === this.#host) return false
    let agree = 0
    for (const other of this.#votes.values()) if (other === host) agree++
    if (agree < enough || agree * 2 <= this.#votes.size) return false
    this.#host = host
    return true
  }
}

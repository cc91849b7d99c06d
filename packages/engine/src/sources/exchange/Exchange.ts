/**
 * What we and one peer tell each other about our neighbours (BEP 11).
 *
 * Plain: it is told the time, in milliseconds. Invariants: it is told at most once a minute, and only what has changed; after enough minutes it knows of exactly those to whom we are
 * connected; it is never told of itself, nor anybody on the internet of who is in our own network.
 */
import { PeerExchange } from "@unchoke/protocol"
import { Equal } from "effect"
import type { NetAddress } from "effect/net"
import { Ration } from "../Ration.ts"
import { isLocal } from "../trackers/localAddress.ts"

/** Who else is connected to us, where it is called. */
export interface Neighbour extends PeerExchange.Neighbour {
  /** Its address as text. */
  readonly name: string
}

/** Between two messages (BEP 11). */
const every = 60_000

/** Who has just come is told soon; and where there is nothing to tell, it is looked again so often. */
const soon = 1000
const again = 5000

/** So many messages of a peer are heard at once, because clocks differ and some tell more often; and in the long run one in so many milliseconds. */
const mostAtOnce = 4
const heardEvery = 45_000

export class Exchange {
  readonly #isLocal: boolean
  readonly #peer: NetAddress.InetAddress
  /** Whom it has been told of. */
  readonly #told = new Map<string, NetAddress.InetAddress>()
  readonly #ration: Ration
  #due: number

  constructor(peer: NetAddress.InetAddress, now: number) {
    this.#isLocal = isLocal(peer.address)
    this.#peer = peer
    this.#due = now + soon
    this.#ration = new Ration(mostAtOnce, heardEvery, now)
  }

  /** Whether it may be told of somebody. */
  isDue(now: number): boolean {
    return now >= this.#due
  }

  /** What it is to be told now, if anything; `itself` is the port at which it is called. */
  tell(
    neighbours: Iterable<Neighbour>,
    itself: number | undefined,
    now: number,
  ): PeerExchange.PeerExchange | undefined {
    if (!this.isDue(now)) return undefined
    const gone = new Map(this.#told)
    const added: Array<Neighbour> = []
    for (const neighbour of neighbours) {
      if (!this.#concerns(neighbour, itself)) continue
      if (!gone.delete(neighbour.name) && added.length < PeerExchange.most) added.push(neighbour)
    }
    const dropped = [...gone].slice(0, PeerExchange.most)
    const isNothing = added.length === 0 && dropped.length === 0
    this.#due = now + (isNothing ? again : every)
    if (isNothing) return undefined
    for (const { name, peer } of added) this.#told.set(name, peer)
    for (const [name] of dropped) this.#told.delete(name)
    return { added, dropped: dropped.map(([, peer]) => peer) }
  }

  /** Takes in what it tells us: whom it names, if it was to be heard. */
  hear(payload: Uint8Array, now: number): ReadonlyArray<PeerExchange.Neighbour> {
    return this.#ration.take(now) ? (PeerExchange.fromBytes(payload)?.added ?? []) : []
  }

  #concerns({ peer }: Neighbour, itself: number | undefined): boolean {
    const isItself = peer.port === itself || peer.port === this.#peer.port
    if (isItself && Equal.equals(peer.address, this.#peer.address)) return false
    return this.#isLocal || !isLocal(peer.address)
  }
}

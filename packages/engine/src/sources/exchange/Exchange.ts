/**
 * What we and one peer tell each other about our neighbours (BEP 11).
 *
 * Plain: it is told the time, in milliseconds. Invariants: it is told at most once a minute, and only what has changed; after enough minutes it knows of exactly those to whom we are
 * connected; it is never told of itself, nor anybody on the internet of who is in our own network. What it tells us more often than clocks explain is not read, and a flood ends the link,
 * whatever it gives us beside.
 */
import { PeerExchange } from "@unchoke/protocol"
import { Equal } from "effect"
import type { NetAddress } from "effect/net"
import type { Breach } from "../../peer/Breach.ts"
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

/** Who tells us more than so many times at once, and in the long run oftener than every so many milliseconds, floods us: ten times as often as anybody may, for ten minutes' worth. */
const mostTold = 100
const floodEvery = 6000

export class Exchange {
  readonly #isLocal: boolean
  readonly #peer: NetAddress.InetAddress
  /** Whom it has been told of. */
  readonly #told = new Map<string, NetAddress.InetAddress>()
  /** What is read, and what is borne. */
  readonly #ration: Ration
  readonly #borne: Ration
  #due: number

  constructor(peer: NetAddress.InetAddress, now: number) {
    this.#isLocal = isLocal(peer.address)
    this.#peer = peer
    this.#due = now + soon
    this.#ration = new Ration(mostAtOnce, heardEvery, now)
    this.#borne = new Ration(mostTold, floodEvery, now)
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

  /** Takes in what it tells us: whom it names, if it was to be heard. What is not is not even looked at. */
  hear(payload: Uint8Array, now: number): ReadonlyArray<PeerExchange.Neighbour> | Breach {
    if (!this.#borne.take(now)) return flood
    return this.#ration.take(now) ? (PeerExchange.fromBytes(payload)?.added ?? nobody) : nobody
  }

  #concerns({ peer }: Neighbour, itself: number | undefined): boolean {
    const isItself = peer.port === itself || peer.port === this.#peer.port
    if (isItself && Equal.equals(peer.address, this.#peer.address)) return false
    return this.#isLocal || !isLocal(peer.address)
  }
}

const nobody: ReadonlyArray<PeerExchange.Neighbour> = []

const flood: Breach = {
  rule: "flood",
  detail: `other peers were named ${mostTold} times and more, far oftener than once a minute`,
}

/**
 * Peer exchange (BEP 11) in a torrent: what its peers tell us, and what is to be told to each.
 *
 * It takes a `PublicInfoHash`, so there is none for a private torrent (BEP 27): then we do not say that we speak it, hear nothing and tell nothing.
 */
import { Extensions, PeerExchange, type PeerMessage } from "@unchoke/protocol"
import { Array, Effect } from "effect"
import type { NetAddress } from "effect/net"
import { stopwatch } from "../../monotonic.ts"
import { ofPeer } from "../../observe/ofPeer.ts"
import { here, type Trace } from "../../observe/Trace.ts"
import type { Link } from "../../peer/Link.ts"
import type { Candidates } from "../Candidates.ts"
import type { PublicInfoHash } from "../PublicInfoHash.ts"
import { Exchange, type Neighbour } from "./Exchange.ts"
import { Informants } from "./Informants.ts"

export interface GossipOptions {
  readonly infoHash: PublicInfoHash
  readonly candidates: Candidates
  /** A stopwatch, in milliseconds. */
  readonly now: () => number
  /** Whether we have all that we want: who has nothing else to give is of no use then. */
  readonly isComplete: () => boolean
  /** Below which what was heard is seen, where somebody traces. */
  readonly trace: Trace | undefined
  /** Told whom peers have named that none had named before. */
  readonly named: (peers: Array.NonEmptyReadonlyArray<NetAddress.InetAddress>) => Effect.Effect<void>
  /** Runs something beside what runs, as long as the torrent is in hand. */
  readonly beside: (what: Effect.Effect<void>) => void
}

export class Gossip {
  /** What our extended handshake says of it (BEP 10). */
  readonly extensions = { ut_pex: Extensions.ids.ut_pex } as const
  readonly #options: GossipOptions
  readonly #informants: Informants
  readonly #exchanges = new WeakMap<Link, Exchange>()
  #untold: globalThis.Array<NetAddress.InetAddress> = []
  #isTelling = false

  constructor(options: GossipOptions) {
    this.#options = options
    this.#informants = new Informants(options.candidates)
  }

  /** From now on what the peer tells us of others is heard. */
  listenTo(link: Link): void {
    this.#exchangeWith(link)
  }

  /** Whether there may be something to tell. */
  isDue(link: Link): boolean {
    return idOf(link) !== undefined && this.#exchangeWith(link).isDue(this.#options.now())
  }

  /** Adds to `words` what a peer is to be told of our neighbours. */
  tell(link: Link, neighbours: Iterable<Neighbour>, words: globalThis.Array<PeerMessage.PeerMessage>): void {
    const id = idOf(link)
    if (id === undefined) return
    const news = this.#exchangeWith(link).tell(neighbours, link.state().extended?.port, this.#options.now())
    if (news !== undefined) words.push({ _tag: "Extended", id, payload: PeerExchange.toBytes(news) })
  }

  /** Reports whom peers have named, and ends: most torrents that one has hear of nobody, and a fiber that waits for it would be there all the same. */
  readonly #tellNamed: Effect.Effect<void> = Effect.suspend(() => {
    const named = this.#untold
    this.#untold = []
    if (Array.isArrayNonEmpty(named)) return Effect.andThen(this.#options.named(named), this.#tellNamed)
    this.#isTelling = false
    return Effect.void
  })

  #exchangeWith(link: Link): Exchange {
    const known = this.#exchanges.get(link)
    if (known !== undefined) return known
    const { isComplete, now, trace } = this.#options
    const exchange = new Exchange(link.peer, now())
    this.#exchanges.set(link, exchange)
    link.hear(Extensions.ids.ut_pex, (payload) => {
      const heard = exchange.hear(payload, now())
      if ("rule" in heard) return heard
      const useful = isComplete() ? heard.filter(({ flags }) => (flags & PeerExchange.flag.uploadOnly) === 0) : heard
      const { fresh, named } = this.#informants.hear(link.peer, useful)
      trace?.moment("unchoke.exchange", { ...ofPeer(link.peer, link.seen()), named: heard.length, fresh })
      this.#untold.push(...named)
      if (this.#isTelling || named.length === 0) return undefined
      this.#isTelling = true
      this.#options.beside(this.#tellNamed)
      return undefined
    })
    return exchange
  }
}

export interface GossipingOptions extends Pick<GossipOptions, "candidates" | "isComplete" | "named"> {
  /** There is none of a private torrent. */
  readonly infoHash: PublicInfoHash | undefined
  /** Whether it is wanted (default: yes). */
  readonly pex: boolean | undefined
}

/** The gossip of a torrent, where there may be any, for as long as the scope. */
export const open = Effect.fnUntraced(function* ({ candidates, infoHash, isComplete, named, pex }: GossipingOptions) {
  if (infoHash === undefined || pex === false) return undefined
  const scope = yield* Effect.scope
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const beside = (what: Effect.Effect<void>) => void run(Effect.forkIn(what, scope))
  return new Gossip({ infoHash, candidates, now: yield* stopwatch, isComplete, named, beside, trace: yield* here })
})

/** The id under which a peer wants it, if it does. */
const idOf = (link: Link): number | undefined => link.state().extended?.extensions.get("ut_pex")

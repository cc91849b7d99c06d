/**
 * Local discovery (BEP 14): peers in the networks that this machine is in, heard of by multicast. One for a session; it listens as soon as somebody looks for peers.
 *
 * It takes a `PublicInfoHash`, so it cannot be used for a private torrent (BEP 27). Invariants: what we have said ourselves is not heard; of one torrent so many peers are heard of and no more, each
 * once; a flood costs no more than `mostASecond`.
 */
import { LocalDiscovery as Codec } from "@unchoke/protocol"
import { Duration, Effect, Latch, Queue, Random, Scope, Semaphore, Stream } from "effect"
import * as Hex from "effect/encoding/Hex"
import { NetAddress } from "effect/net"
import { stopwatch } from "../../monotonic.ts"
import { ofPeer } from "../../observe/ofPeer.ts"
import { here as hereInTrace, type Trace } from "../../observe/Trace.ts"
import type { Found, PeerSource, Seeker } from "../PeerSource.ts"
import type { PublicInfoHash } from "../PublicInfoHash.ts"
import { Ration } from "../Ration.ts"
import { Announcing } from "./Announcing.ts"
import { type Heard, type Membership, Multicast, type MulticastFailed } from "./Multicast.ts"

export interface LocalDiscovery {
  /** Where the peers of this torrent are found. Nothing, without a word, where this machine is in no network. */
  readonly of: (infoHash: PublicInfoHash) => PeerSource
}

/** More hosts than this do not have one torrent in one network, and whoever names them is no friend. */
export const mostPeers = 200

/** More datagrams in a second are not looked at. */
export const mostASecond = 100

/** Who hears our announcement calls us; by then it has. libtorrent tries uTP first, which takes it four. */
const answerMayTake = Duration.seconds(6)

export const make: Effect.Effect<LocalDiscovery, never, Multicast | Scope.Scope> = Effect.gen(function* () {
  const { join } = yield* Multicast
  const owner = yield* Effect.scope
  const now = yield* stopwatch
  const cookie = (yield* Random.nextIntBetween(0, 2 ** 48)).toString(16)
  const ration = new Ration(mostASecond, 1000 / mostASecond, now())
  const lookers = new Map<string, Set<Looker>>()
  const announcing = new Announcing<string>()
  const changed = Latch.makeUnsafe(false)
  /** All torrents of a session are called at the same one. */
  let port: number | undefined

  const heard = ({ datagram, from }: Heard) => {
    const announcement = ration.take(now()) ? Codec.fromBytes(datagram) : undefined
    if (announcement === undefined || announcement.cookie === cookie) return
    const peer = NetAddress.inetAddressUnsafe(from, announcement.port)
    for (const infoHash of announcement.infoHashes) {
      for (const looker of lookers.get(infoHash) ?? []) looker.meet(peer)
    }
  }
  const announce = Effect.fnUntraced(function* ({ send }: Membership) {
    const infoHashes = announcing.take(now())
    if (port !== undefined && infoHashes.length > 0) {
      const announcement = { port, infoHashes, cookie }
      yield* Effect.forEach(Codec.groups, (group) => send(group, Codec.toBytes(announcement, group)), { discard: true })
    }
    const wait = announcing.wait(now())
    yield* Effect.raceFirst(changed.await, Number.isFinite(wait) ? Effect.sleep(wait) : Effect.never)
    changed.closeUnsafe()
  })

  let membership: Membership | undefined
  const joining = Semaphore.makeUnsafe(1)
  /** While the machine is in no network, whoever comes next tries again. */
  const joined: Effect.Effect<Membership | undefined, MulticastFailed> = joining.withPermit(
    Effect.gen(function* () {
      if (membership !== undefined) return membership
      membership = yield* Scope.provide(join(Codec.groups, heard), owner)
      if (membership !== undefined) yield* Effect.forkIn(Effect.forever(announce(membership)), owner)
      return membership
    }),
  )

  const find = Effect.fnUntraced(function* (name: string, seeker: Seeker) {
    if ((yield* Effect.mapError(joined, ({ message }) => message)) === undefined) return Stream.empty
    const looker = new Looker(yield* Queue.unbounded<NetAddress.InetAddress>(), name, yield* hereInTrace)
    const here = lookers.get(name) ?? new Set()
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        lookers.set(name, here.add(looker))
        if (seeker.port === undefined) return
        port = seeker.port
        announcing.add(name)
        changed.openUnsafe()
      }),
      () =>
        Effect.sync(() => {
          here.delete(looker)
          if (here.size === 0) lookers.delete(name)
          if (seeker.port !== undefined) announcing.delete(name)
        }),
    )
    const nobodyYet: Found = { peers: [], more: false }
    return Stream.merge(looker.met, Stream.fromEffect(Effect.as(Effect.sleep(answerMayTake), nobodyYet)))
  })

  return {
    of: (infoHash) => ({
      name: "local discovery",
      origin: "lsd",
      isHope: false,
      find: (seeker) => Stream.unwrap(find(Hex.encode(infoHash), seeker)),
    }),
  }
})

/** Somebody who looks for the peers of one torrent. */
class Looker {
  readonly #met = new Set<string>()
  /** No longer than whom it may meet. */
  readonly #queue: Queue.Queue<NetAddress.InetAddress>

  readonly #infoHash: string
  readonly #trace: Trace | undefined

  constructor(queue: Queue.Queue<NetAddress.InetAddress>, infoHash: string, trace: Trace | undefined) {
    this.#queue = queue
    this.#infoHash = infoHash
    this.#trace = trace
  }

  meet(peer: NetAddress.InetAddress): void {
    const name = NetAddress.formatInet(peer)
    if (this.#met.size >= mostPeers || this.#met.has(name)) return
    this.#met.add(name)
    this.#trace?.moment("unchoke.discovery", { ...ofPeer(peer), infoHash: this.#infoHash })
    Queue.offerUnsafe(this.#queue, peer)
  }

  get met(): Stream.Stream<Found> {
    return Stream.map(Stream.fromQueue(this.#queue), (peer) => ({ peers: [peer], more: false }))
  }
}

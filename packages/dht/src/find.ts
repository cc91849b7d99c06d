/**
 * Searches over all families at once.
 *
 * Invariants: who stops listening ends the search; of a torrent at most `maxPeers` are told; nobody on the internet sends us to a peer in the local network.
 */
import { Duration, Effect, Fiber, Queue, Stream } from "effect"
import * as Hex from "effect/encoding/Hex"
import type { Host, NetAddress } from "effect/net"
import { DhtFailed } from "./DhtFailed.ts"
import type { FindOptions, Found } from "./DhtOptions.ts"
import * as Endpoint from "./Endpoint.ts"
import type { Entrance } from "./Entrance.ts"
import * as Id from "./Id.ts"
import type * as Krpc from "./Krpc.ts"
import { type Lookup, maxPackets } from "./Lookup.ts"
import type { Member, Members } from "./Members.ts"

export interface Looking {
  readonly members: Members
  readonly entrance: Entrance
}

/** Peers of one look: no swarm dials more. */
const maxPeers = 2000
/** Nodes that a torrent names which are asked. */
const maxNodes = 16
/** Announces of a torrent are so far from each other (BEP 5). */
const announceInterval = Duration.minutes(15)
/** Where few were found it is looked again after this time, and after twice as long each time. */
const soon = Duration.minutes(1)
const few = 8

/** For ever; see `Dht.find`. */
export const find = (looking: Looking, infoHash: Uint8Array, options: FindOptions): Stream.Stream<Found, DhtFailed> => {
  const seen = new Set<string>()
  const look = (more: boolean): Stream.Stream<Found, DhtFailed> =>
    findOnce(looking, infoHash, options).pipe(
      Stream.map((peers) => ({ peers: peers.filter((peer) => isNew(seen, peer)), more })),
      Stream.filter(({ peers }) => peers.length > 0),
    )
  const isComplete = options.isComplete ?? (() => false)
  // Who only serves has time until the network is back.
  const first = Stream.catch(look(true), (error) => (isComplete() ? Stream.empty : Stream.fail(error))).pipe(
    Stream.concat(Stream.succeed({ peers: [], more: false })),
  )
  const again = (pause: Duration.Duration): Stream.Stream<Found, DhtFailed> =>
    Stream.suspend(() => {
      const isEnough = seen.size >= few
      return Stream.fromEffectDrain(Effect.sleep(isEnough ? announceInterval : pause)).pipe(
        Stream.concat(Stream.catch(look(false), () => Stream.empty)),
        Stream.concat(Stream.suspend(() => again(Duration.min(Duration.times(pause, 2), announceInterval)))),
      )
    })
  return Stream.concat(first, again(soon))
}

/** See `Dht.findOnce`. */
export const findOnce = (
  looking: Looking,
  infoHash: Uint8Array,
  options: FindOptions,
): Stream.Stream<ReadonlyArray<NetAddress.InetAddress>, DhtFailed> => {
  const { clock } = looking.members
  return Stream.callback<ReadonlyArray<NetAddress.InetAddress>, DhtFailed>(
    (queue) => {
      const seen = new Set<string>()
      const tell = (answer: Krpc.Answer, from: Endpoint.Endpoint) => {
        const peers: Array<NetAddress.InetAddress> = []
        for (const peer of answer.peers ?? []) {
          if (seen.size >= maxPeers || seen.has(peer) || !Endpoint.mayName(from, peer)) continue
          seen.add(peer)
          peers.push(Endpoint.toAddress(peer))
        }
        if (peers.length > 0) Queue.offerUnsafe(queue, peers)
      }
      const announce = (member: Member, lookup: Lookup) =>
        Effect.callback<number>((resume) => {
          if (options.port === undefined) return resume(Effect.succeed(0))
          const seed = options.isComplete?.() ?? false
          member.node.announce(
            lookup,
            { port: options.port, seed },
            (taken) => resume(Effect.succeed(taken)),
            clock.now(),
          )
          member.wake()
        })
      return ask(looking, {
        hash: infoHash,
        question: (target) => ({ method: "get_peers", target }),
        answered: tell,
        afterwards: announce,
        nodes: options.nodes,
      }).pipe(Effect.andThen(Queue.end(queue)))
    },
    // An answer each at most, of both families: none is lost.
    { bufferSize: 2 * maxPackets, strategy: "dropping" },
  )
}

interface Asking {
  /** 20 bytes. */
  readonly hash: Uint8Array
  readonly question: (target: Id.Id) => Extract<Krpc.Question, { target: Id.Id }>
  readonly answered: (answer: Krpc.Answer, from: Endpoint.Endpoint) => void
  /** Done with each family's lookup when it is over. */
  readonly afterwards?: ((member: Member, lookup: Lookup) => Effect.Effect<unknown>) | undefined
  /** To enter by as well. */
  readonly nodes?: ReadonlyArray<Host.HostPort> | undefined
}

/** Asks those that are nearest to the target, by all families; ends when all have answered and what follows is done. */
export const ask = Effect.fn("unchoke.lookup")(function* (
  { entrance, members }: Looking,
  { afterwards = () => Effect.void, answered, hash, nodes = [], question }: Asking,
) {
  if (members.nodes.length === 0) return yield* new DhtFailed({ reason: "no socket", asked: 0 })
  const target = Id.fromBytes(hash)
  if (target === undefined) return yield* Effect.die(new RangeError("an info hash has 20 bytes"))
  const round = Effect.map(
    Effect.forEach(
      members.nodes,
      (member) =>
        Effect.tap(search(members, member, question(target), answered), (lookup) => afterwards(member, lookup)),
      { concurrency: "unbounded" },
    ),
    (lookups) => ({
      asked: lookups.reduce((sum, { asked }) => sum + asked, 0),
      answers: lookups.reduce((sum, { answers }) => sum + answers, 0),
    }),
  )
  const entering = yield* Effect.forkChild(entrance.enter(nodes.slice(0, maxNodes)))
  yield* entrance.known
  const first = yield* round
  yield* Effect.annotateCurrentSpan({ infoHash: Hex.encode(hash), ...first })
  if (first.answers > 0) return
  // Those whom we knew the last time may all be gone, and others were still looked up.
  yield* entrance.complete
  yield* Fiber.join(entering)
  const { answers, asked } = yield* round
  yield* Effect.annotateCurrentSpan({ asked: first.asked + asked, answers })
  if (answers > 0) return
  return yield* new DhtFailed({ reason: asked === 0 ? "no nodes" : "no answer", asked })
})

const search = (
  { clock }: Members,
  { node, wake }: Member,
  question: Extract<Krpc.Question, { target: Id.Id }>,
  answered: (answer: Krpc.Answer, from: Endpoint.Endpoint) => void,
): Effect.Effect<Lookup> =>
  Effect.callback((resume) => {
    const search = node.search(question, { answered, ended: (lookup) => resume(Effect.succeed(lookup)) }, clock.now())
    wake()
    return Effect.sync(() => node.cancel(search))
  })

const isNew = (seen: Set<string>, peer: NetAddress.InetAddress): boolean => {
  const endpoint = Endpoint.fromAddress(peer)
  if (seen.has(endpoint) || seen.size >= maxPeers) return false
  seen.add(endpoint)
  return true
}

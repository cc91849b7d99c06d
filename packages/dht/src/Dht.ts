/**
 * The DHT as a service: peers by info hash, over both families (BEP 5, BEP 32).
 *
 * The nodes are plain; here are the sockets, the clock, and what waits. Invariants: who stops listening to a search ends it; everything ends with the scope; without any socket every search says so.
 */
import { Context, Effect, Layer, type Scope, type Stream } from "effect"
import type { Host, NetAddress } from "effect/net"
import { BloomFilter } from "./BloomFilter.ts"
import type { Datagrams } from "./Datagrams.ts"
import type { DhtOptions, FindOptions, Found } from "./DhtOptions.ts"
import type { DhtFailed } from "./DhtFailed.ts"
import * as Endpoint from "./Endpoint.ts"
import * as Entrance from "./Entrance.ts"
import { ask, find, findOnce, type Looking } from "./find.ts"
import * as Id from "./Id.ts"
import * as Members from "./Members.ts"
import * as Snapshot from "./Snapshot.ts"

/** How a family of ours stands. */
export interface FamilyStatus {
  readonly family: NetAddress.IpFamily
  readonly port: number
  readonly id: Uint8Array
  /** Nodes in the table. */
  readonly nodes: number
  /** Where others see us. */
  readonly address: NetAddress.IpAddress | undefined
  /** Somebody whom we have not asked has called us within half an hour (BEP 43). */
  readonly reachable: boolean
  /** Packets. */
  readonly sent: number
  readonly received: number
  readonly ignored: number
}

/** Finds peers, and announces us, among nodes that nobody runs. Only public torrents belong here (BEP 27): it is for the caller to see to it. */
export class Dht extends Context.Service<
  Dht,
  {
    /**
     * The peers of a torrent as they are found, each once, and ourselves announced where we can be called; again after a minute at first, later every fifteen. It goes on until nobody listens.
     * Fails when the first look finds nobody who answers.
     */
    readonly find: (infoHash: Uint8Array, options?: FindOptions) => Stream.Stream<Found, DhtFailed>
    /** The same once: ends when those who are nearest to the torrent have answered, and have been told of us. */
    readonly findOnce: (
      infoHash: Uint8Array,
      options?: FindOptions,
    ) => Stream.Stream<ReadonlyArray<NetAddress.InetAddress>, DhtFailed>
    /** How many have announced a torrent, from what the nearest nodes tell together (BEP 33); rough by some percent. */
    readonly scrape: (
      infoHash: Uint8Array,
    ) => Effect.Effect<{ readonly seeds: number; readonly leechers: number }, DhtFailed>
    /** Info hashes that the nodes nearest to the target store peers of (BEP 51). */
    readonly sample: (target: Uint8Array) => Effect.Effect<ReadonlyArray<Uint8Array>, DhtFailed>
    /** Enters by these nodes as well. */
    readonly enter: (nodes: ReadonlyArray<Host.HostPort>) => Effect.Effect<void>
    readonly status: Effect.Effect<ReadonlyArray<FamilyStatus>>
    /** Whom we know, for the next time: at most `Snapshot.maxBytes`. */
    readonly snapshot: Effect.Effect<Uint8Array>
  }
>()("@unchoke/dht/Dht") {}

/** Works until the scope ends, over the families that there is a socket for. */
export const make = Effect.fnUntraced(function* (
  options: DhtOptions,
): Effect.fn.Return<Dht["Service"], never, Datagrams | Scope.Scope> {
  const members = yield* Members.open(options)
  const { clock, nodes } = members
  const entrance = yield* Entrance.open(options, members)
  const looking: Looking = { members, entrance }
  return Dht.of({
    find: (infoHash, options = {}) => find(looking, infoHash, options),
    findOnce: (infoHash, options = {}) => findOnce(looking, infoHash, options),
    scrape: Effect.fnUntraced(function* (hash) {
      const seeds = new BloomFilter()
      const leechers = new BloomFilter()
      yield* ask(looking, {
        hash,
        question: (target) => ({ method: "get_peers", target, scrape: true }),
        answered: (answer) => {
          if (answer.seeds !== undefined) seeds.merge(answer.seeds)
          if (answer.leechers !== undefined) leechers.merge(answer.leechers)
        },
      })
      return { seeds: Math.round(seeds.count), leechers: Math.round(leechers.count) }
    }),
    sample: Effect.fnUntraced(function* (hash) {
      const samples = new Set<Id.Id>()
      yield* ask(looking, {
        hash,
        question: (target) => ({ method: "sample_infohashes", target }),
        answered: (answer) => {
          for (const sample of answer.samples ?? []) samples.add(sample)
        },
      })
      return Array.from(samples, Id.toBytes)
    }),
    enter: entrance.enter,
    status: Effect.sync(() =>
      nodes.map(({ node, port }) => ({
        family: node.family,
        port,
        id: Id.toBytes(node.id),
        nodes: node.table.size,
        address: node.address && Endpoint.toAddress(node.address).address,
        reachable: !node.isReadOnly(clock.now()),
        ...node.traffic,
      })),
    ),
    snapshot: Effect.sync(() =>
      Snapshot.toBytes(
        Object.fromEntries(
          nodes.map(({ node }) => [
            node.family,
            { id: node.id, contacts: node.table.entries.filter(({ fails }) => fails === 0) },
          ]),
        ),
      ),
    ),
  })
})

/** `make` as a layer. */
export const layer = (options: DhtOptions): Layer.Layer<Dht, never, Datagrams> => Layer.effect(Dht, make(options))

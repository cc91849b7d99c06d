/**
 * A tracker in memory that tells the truth: it knows who has started, is complete, and has stopped, and names some of them at random.
 *
 * Each node announces to it through a `Tracker` of its own, since a tracker sees where a peer calls from.
 */
import { Context, Duration, Effect, Layer, Random } from "effect"
import { NetAddress } from "effect/net"
import { type Announcement, Tracker } from "@unchoke/engine"
import type { AnnounceRequest } from "@unchoke/protocol"
import { AnnouncedPeers } from "./AnnouncedPeers.ts"

/** What a torrent may name it: any URL is this tracker. */
export const url = "http://tracker.example/announce"

/** What the tracker answers, and when. */
export interface Options {
  /** How long until it answers (default: 50 ms). */
  readonly delay?: Duration.Input
  /** How often peers are to announce (default: half an hour). */
  readonly interval?: Duration.Input
  /** How many it names at most (default: 50). */
  readonly names?: number
  readonly seed?: number
  /** Peers that it names of every torrent, beside those that have announced themselves. */
  readonly peers?: ReadonlyArray<NetAddress.InetAddress>
}

/** An announce, as it came. */
export interface Announced extends AnnounceRequest.AnnounceRequest {
  readonly peer: NetAddress.InetAddress
}

/** A tracker, and what it was told. */
export interface MemoryTracker {
  /** The `Tracker` of a node at this IP address. */
  readonly layer: (host: string) => Layer.Layer<Tracker>
  /** All announces, the earliest first. */
  readonly announces: ReadonlyArray<Announced>
}

/** A tracker that nobody has announced to yet. */
export const make = Effect.fnUntraced(function* ({
  delay = 50,
  interval = Duration.minutes(30),
  names = 50,
  peers: known = [],
  seed = 0,
}: Options = {}): Effect.fn.Return<MemoryTracker> {
  const peers = new AnnouncedPeers()
  const announces: Array<Announced> = []
  const random = yield* Random.withSeed(Random.Random, `${seed} tracker`)
  const some = (all: ReadonlyArray<NetAddress.InetAddress>, most: number) => {
    const left = [...all]
    for (let at = 0; at < Math.min(most, left.length); at++) {
      const other = at + Math.floor(random.nextDoubleUnsafe() * (left.length - at))
      ;[left[at], left[other]] = [left[other]!, left[at]!]
    }
    return left.slice(0, most)
  }
  const answer = (peer: NetAddress.InetAddress, request: AnnounceRequest.AnnounceRequest): Announcement => {
    announces.push({ ...request, peer })
    peers.update(peer, request)
    return {
      _tag: "Announced",
      peers: some(
        [...known, ...peers.others(peer, { ...request, numWant: Infinity })],
        Math.min(names, request.numWant),
      ),
      interval: Duration.fromInputUnsafe(interval),
      minInterval: undefined,
      seeders: known.length + peers.seeders(request),
      leechers: peers.leechers(request),
      warning: undefined,
      trackerId: undefined,
    }
  }
  return {
    announces,
    layer: (host) =>
      Layer.succeed(Tracker)({
        announce: (_url, request) =>
          Effect.delay(
            Effect.sync(() => answer(NetAddress.inetAddressFromIpStringUnsafe(host, request.port), request)),
            delay,
          ),
      }),
  }
})

/** What a tracker of a layer was told, the earliest first. */
export class Announces extends Context.Service<Announces, ReadonlyArray<Announced>>()(
  "@unchoke/testkit/MemoryTracker/Announces",
) {}

/** The `Tracker` of a program that is alone with peers that do not announce themselves: whatever torrent it asks for, these are named. */
export const layerNaming = (
  peers: ReadonlyArray<NetAddress.InetAddress>,
  options: Omit<Options, "peers"> = {},
): Layer.Layer<Tracker | Announces> =>
  Layer.unwrap(
    Effect.map(make({ ...options, peers }), ({ announces, layer }) =>
      Layer.merge(layer("192.0.2.1"), Layer.succeed(Announces)(announces)),
    ),
  )

/** A place where peers are found, other than the torrent's trackers. */
import { Effect, Stream } from "effect"
import type { AddressResolver, Host, NetAddress } from "effect/net"
import type { Origin } from "./Origin.ts"
import { resolveHost } from "./resolveHost.ts"
import { inWords } from "./trackers/TrackerFailed.ts"

/** Who looks for peers, and what a source may tell others of it. */
export interface Seeker {
  /** 20 bytes. */
  readonly infoHash: Uint8Array
  /** The port at which we can be called, if we can. */
  readonly port: number | undefined
  /** Whether we have all that we want. */
  readonly isComplete: () => boolean
}

/** What a source has found since it last said something. */
export interface Found {
  readonly peers: ReadonlyArray<NetAddress.InetAddress>
  /** Whether it is still looking: nobody is given up before it has answered. */
  readonly more: boolean
}

/** One place, its name, and the stream of who is found there. It is asked for as long as the torrent is wanted. */
export interface PeerSource {
  /** What it is called in events and errors, such as `example.org:6881` or `DHT`. */
  readonly name: string
  readonly origin: Origin
  /** Whether it is worth waiting for while it goes on looking and has named nobody (default: yes). */
  readonly isHope?: boolean | undefined
  /**
   * Peers as they are found. It ends when nobody else can come of it, and may go on for ever; its failure says in words why there are none. Whatever it does for us ends with the scope in
   * which it is run.
   */
  readonly find: (seeker: Seeker) => Stream.Stream<Found, string>
}

/** A source that has one answer. */
export const once = (
  name: string,
  origin: Origin,
  answer: Effect.Effect<ReadonlyArray<NetAddress.InetAddress>, string>,
): PeerSource => ({
  name,
  origin,
  find: () => Stream.fromEffect(Effect.map(answer, (peers) => ({ peers, more: false }))),
})

/** The addresses of a peer that is known by its name. */
export const addressesOf = (
  endpoint: Host.HostPort,
  resolver: AddressResolver.AddressResolver["Service"],
): Effect.Effect<ReadonlyArray<NetAddress.InetAddress>, string> =>
  Effect.mapError(resolveHost(resolver, endpoint), inWords)

/** A peer that is known by its name: every address of the host is one. */
export const namedPeer = (
  name: string,
  endpoint: Host.HostPort,
  resolver: AddressResolver.AddressResolver["Service"],
): PeerSource => once(name, "you", addressesOf(endpoint, resolver))

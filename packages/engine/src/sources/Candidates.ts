/**
 * The peers we know of and have not given up on.
 *
 * Invariants: a peer is offered again only after it came back undecided, was lost after it had given us something, could not be reached a few times after that, or gets its one second
 * chance; one that sent corrupt data or broke the protocol never is. Of one host only so many ports are known, and different hosts come first: no list of peers can aim us at somebody.
 */
import { PeerPriority } from "@unchoke/protocol"
import { Array, Cause, Effect, Latch, type Pull, Stream } from "effect"
import { NetAddress } from "effect/net"
import * as Origin from "./Origin.ts"

/** More peers than this are not remembered: a tracker's answer is not a promise of memory. */
export const most = 10_000

/** So many ports of one host: several clients behind one address, not a scan of it. */
export const mostPerHost = 16

/** The same on the word of strangers, peers or nodes of the DHT: together they could aim us at somebody. */
export const mostPerHostByHearsay = 2

/** What became of peers that somebody named. */
export interface Added {
  /** So many of them nobody had named before. */
  readonly fresh: number
  /** Those that this kind of source had not named before. */
  readonly named: ReadonlyArray<NetAddress.InetAddress>
}

const bitOf = (origin: Origin.Origin): number => 1 << Origin.all.indexOf(origin)

export class Candidates {
  /** Where others see us, as soon as somebody has told us. */
  self: NetAddress.InetAddress | undefined
  /** How many ports of each host we know. */
  readonly #hosts = new Map<string, number>()
  /** Everyone we know, and who has named it: a bit for each origin. */
  readonly #known = new Map<string, number>()
  /** Whose probe or link has ended, or begun to give. */
  readonly #tried = new Set<string>()
  readonly #banned = new Set<string>()
  readonly #second = new Set<string>()
  /** What peers gave that we have downloaded from, in bytes a second. */
  readonly #rates = new Map<string, number>()
  readonly #waiting: Array<NetAddress.InetAddress> = []
  /** Those of whom we know that they give little: when everybody else has been tried. */
  readonly #last: Array<NetAddress.InetAddress> = []
  readonly #changed = Latch.makeUnsafe(false)
  #settled = false

  /** How many different peers we have heard of. */
  get known(): number {
    return this.#known.size
  }

  /** Whether somebody is on offer. */
  get waiting(): boolean {
    return this.#waiting.length > 0 || (this.#last.length > 0 && !this.anyUntried)
  }

  /** Of how many we do not know yet what they would give. */
  get untried(): number {
    return this.#known.size - this.#tried.size
  }

  get anyUntried(): boolean {
    return this.untried > 0
  }

  /** What a peer gave, in bytes a second. */
  gave(peer: NetAddress.InetAddress, rate: number): void {
    if (this.#isKnown(peer)) this.#rates.set(NetAddress.formatInet(peer), rate)
  }

  /** Whether somebody is to be had who may give more than this, or gave twice as much. */
  anyBetterThan(rate: number): boolean {
    const mayBe = (peer: NetAddress.InetAddress) =>
      (this.#rates.get(NetAddress.formatInet(peer)) ?? Infinity) > 2 * rate
    return this.anyUntried || this.#waiting.some(mayBe) || this.#last.some(mayBe)
  }

  /** Takes in peers that somebody names, at most so many ports of each host. */
  add(peers: Iterable<NetAddress.InetAddress>, origin: Origin.Origin, perHost = mostPerHost): Added {
    const bit = bitOf(origin)
    const fresh: Array<{ readonly peer: NetAddress.InetAddress; readonly rank: number }> = []
    const named: Array<NetAddress.InetAddress> = []
    for (const peer of peers) {
      const name = NetAddress.formatInet(peer)
      const origins = this.#known.get(name)
      if (origins !== undefined) {
        if ((origins & bit) === 0) named.push(peer)
        this.#known.set(name, origins | bit)
        continue
      }
      const host = NetAddress.formatHost(peer)
      const rank = this.#hosts.get(host) ?? 0
      if (peer.port === 0 || this.#known.size >= most || rank >= perHost) continue
      this.#known.set(name, bit)
      this.#hosts.set(host, rank + 1)
      fresh.push({ peer, rank })
    }
    const spread = fresh.toSorted((a, b) => a.rank - b.rank).map(({ peer }) => peer)
    for (const peer of spread) this.#waiting.push(peer)
    this.#changed.openUnsafe()
    return { fresh: spread.length, named: [...spread, ...named] }
  }

  /** Who has named a peer. */
  originsOf(peer: NetAddress.InetAddress): ReadonlyArray<Origin.Origin> {
    const origins = this.#known.get(NetAddress.formatInet(peer)) ?? 0
    return Origin.all.filter((origin) => (origins & bitOf(origin)) !== 0)
  }

  /** We know now what it would give. */
  tried(peer: NetAddress.InetAddress): void {
    if (this.#isKnown(peer)) this.#tried.add(NetAddress.formatInet(peer))
    if (!this.anyUntried) this.#changed.openUnsafe()
  }

  /** Takes back peers whose probe did not end; they are the next to be tried. */
  return(peers: ReadonlyArray<NetAddress.InetAddress>): void {
    const waiting = this.#waiting.splice(0)
    for (const peer of peers) if (!this.isBanned(peer)) this.#waiting.push(peer)
    for (const peer of waiting) this.#waiting.push(peer)
    this.#changed.openUnsafe()
  }

  /** Takes back a peer that served us and was lost; it is the last to be tried. */
  retry(peer: NetAddress.InetAddress): void {
    if (this.#isKnown(peer) && !this.isBanned(peer)) this.#waiting.push(peer)
    this.#changed.openUnsafe()
  }

  /** Takes back a peer that gave us something, but little: it is tried again when everybody else has been. */
  keepForLast(peer: NetAddress.InetAddress): void {
    if (this.#isKnown(peer) && !this.isBanned(peer)) this.#last.push(peer)
    this.#changed.openUnsafe()
  }

  /** Takes back peers for one more try, each only once; whether there was one. */
  secondChance(peers: ReadonlyArray<NetAddress.InetAddress>): boolean {
    const first = peers.filter((peer) => !this.#second.has(NetAddress.formatInet(peer)))
    for (const peer of first) {
      this.#second.add(NetAddress.formatInet(peer))
      this.retry(peer)
    }
    return first.length > 0
  }

  /** Never offers this peer again. Of those who called us, who come from another port each time, only so many are remembered. */
  ban(peer: NetAddress.InetAddress): void {
    if (this.#isKnown(peer) || this.#banned.size < most) this.#banned.add(NetAddress.formatInet(peer))
  }

  isBanned(peer: NetAddress.InetAddress): boolean {
    return this.#banned.has(NetAddress.formatInet(peer))
  }

  /** Every source has answered: a stream that has offered all peers now ends. */
  settle(): void {
    this.#settled = true
    this.#changed.openUnsafe()
  }

  /** A source was asked once more: the stream stays open until it has answered. */
  unsettle(): void {
    this.#settled = false
  }

  /** Ends when something may have changed: a peer arrived or came back, or the last source answered. */
  get change(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#changed.closeUnsafe()
      return this.#changed.await
    })
  }

  /** Whether every source has answered. */
  get settled(): boolean {
    return this.#settled
  }

  /** Ends when somebody is on offer. */
  readonly offered: Effect.Effect<void> = Effect.suspend(() =>
    this.#waiting.length + this.#last.length > 0 ? Effect.void : Effect.andThen(this.change, this.offered),
  )

  /** The peers to try, as they arrive and come back, for ever. */
  get endless(): Stream.Stream<NetAddress.InetAddress> {
    return Stream.fromPull(Effect.succeed(this.#nextOr(() => false)))
  }

  /** The peers to try, as they arrive; ends when there are none and every source has answered. */
  get stream(): Stream.Stream<NetAddress.InetAddress> {
    return Stream.fromPull(Effect.succeed(this.#nextOr(() => this.#settled)))
  }

  /** The peers to try, as they arrive; ends when every source has answered and everyone who was named has been tried: some may name others meanwhile. */
  get streamOfAll(): Stream.Stream<NetAddress.InetAddress> {
    return Stream.fromPull(Effect.succeed(this.#nextOr(() => this.#settled && !this.anyUntried)))
  }

  /** A peer that has called us cannot be called where it called from. */
  #isKnown(peer: NetAddress.InetAddress): boolean {
    return this.#known.has(NetAddress.formatInet(peer))
  }

  /** Those first whom everybody at our address should be connected to (BEP 40). */
  #inOrder(peers: ReadonlyArray<NetAddress.InetAddress>): ReadonlyArray<NetAddress.InetAddress> {
    const self = this.self
    if (self === undefined) return peers
    const ranked = peers.map((peer) => ({ peer, priority: PeerPriority.between(self, peer) ?? 0 }))
    return ranked.toSorted((a, b) => b.priority - a.priority).map(({ peer }) => peer)
  }

  /** Those who are on offer; when nobody is, it waits for somebody unless it `ends`. */
  #nextOr(ends: () => boolean): Pull.Pull<Array.NonEmptyReadonlyArray<NetAddress.InetAddress>> {
    const next: Pull.Pull<Array.NonEmptyReadonlyArray<NetAddress.InetAddress>> = Effect.suspend(() => {
      const batch = this.#inOrder(this.#waiting.splice(0).filter((peer) => !this.isBanned(peer)))
      if (Array.isReadonlyArrayNonEmpty(batch)) return Effect.succeed(batch)
      if (this.#last.length > 0) {
        if (this.anyUntried) return Effect.andThen(this.change, next)
        for (const peer of this.#last.splice(0)) this.#waiting.push(peer)
        return next
      }
      return ends() ? Cause.done() : Effect.andThen(this.change, next)
    })
    return next
  }
}

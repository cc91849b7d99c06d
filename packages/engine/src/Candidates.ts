/**
 * The peers we know of and have not given up on.
 *
 * Invariant: a peer is offered again only after it came back undecided, was lost after it had given us at least one good piece, could not be reached a few times after that, or
 * gets its one second chance; one that sent corrupt data never is.
 */
import { Array, Cause, Effect, Latch, type Pull, Stream } from "effect"
import { NetAddress } from "effect/net"

/** More peers than this are not remembered: a tracker's answer is not a promise of memory. */
export const most = 10_000

export class Candidates {
  readonly #known = new Set<string>()
  readonly #banned = new Set<string>()
  readonly #second = new Set<string>()
  readonly #waiting: Array<NetAddress.InetAddress> = []
  readonly #changed = Latch.makeUnsafe(false)
  #settled = false

  /** How many different peers we have heard of. */
  get known(): number {
    return this.#known.size
  }

  /** Whether somebody is on offer. */
  get waiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Takes in peers from a source; those that are new are returned. */
  add(peers: Iterable<NetAddress.InetAddress>): ReadonlyArray<NetAddress.InetAddress> {
    const fresh: Array<NetAddress.InetAddress> = []
    for (const peer of peers) {
      const name = NetAddress.formatInet(peer)
      if (peer.port === 0 || this.#known.has(name) || this.#known.size >= most) continue
      this.#known.add(name)
      fresh.push(peer)
    }
    this.#waiting.push(...fresh)
    this.#changed.openUnsafe()
    return fresh
  }

  /** Takes back peers whose probe did not end; they are the next to be tried. */
  return(peers: ReadonlyArray<NetAddress.InetAddress>): void {
    this.#waiting.unshift(...peers.filter((peer) => !this.#banned.has(NetAddress.formatInet(peer))))
    this.#changed.openUnsafe()
  }

  /** Takes back a peer that served us and was lost; it is the last to be tried. */
  retry(peer: NetAddress.InetAddress): void {
    if (!this.#banned.has(NetAddress.formatInet(peer))) this.#waiting.push(peer)
    this.#changed.openUnsafe()
  }

  /** Takes back peers for one more try, each only once; whether there was one. */
  secondChance(peers: ReadonlyArray<NetAddress.InetAddress>): boolean {
    const names = peers.map(NetAddress.formatInet)
    const first = peers.filter((_, i) => !this.#second.has(names[i]!))
    for (const name of names) this.#second.add(name)
    for (const peer of first) this.retry(peer)
    return first.length > 0
  }

  /** Never offers this peer again. */
  ban(peer: NetAddress.InetAddress): void {
    this.#banned.add(NetAddress.formatInet(peer))
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

  /** The peers to try, as they arrive; ends when there are none and every source has answered. */
  get stream(): Stream.Stream<NetAddress.InetAddress> {
    return Stream.fromPull(Effect.succeed(this.#next))
  }

  readonly #next: Pull.Pull<Array.NonEmptyReadonlyArray<NetAddress.InetAddress>> = Effect.suspend(() => {
    const batch = this.#waiting.splice(0)
    if (Array.isReadonlyArrayNonEmpty(batch)) return Effect.succeed(batch)
    if (this.#settled) return Cause.done()
    return Effect.andThen(this.change, this.#next)
  })
}

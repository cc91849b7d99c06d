/**
 * How many callers we listen to at once.
 *
 * Invariants: there are at most `mostUnheard` whose handshake is not done, and at most `mostPerHost` of one address, but for this machine's own. Whoever comes is heard until that many others have
 * come after it: the oldest gives way, whatever it has said, so it takes a flood of fifty calls within a round trip to keep somebody out, and not fifty that say a byte and wait.
 */
import { NetAddress } from "effect/net"

/** Unfinished handshakes. They are done within a round trip, or the peer is a stranger. */
export const mostUnheard = 50

/** Several clients behind one address, not one that takes all places. */
export const mostPerHost = 3

export class Callers {
  readonly #hosts = new Map<string, number>()
  /** How to hang up on each whose handshake is not done; the oldest first. */
  readonly #unheard = new Set<() => void>()

  get unheard(): number {
    return this.#unheard.size
  }

  /** Takes one more in, unless there are enough of its address. Who came in leaves. */
  enter(peer: NetAddress.InetAddress): boolean {
    if (NetAddress.isLoopback(peer.address)) return true
    const host = NetAddress.formatHost(peer)
    const before = this.#hosts.get(host) ?? 0
    if (before >= mostPerHost) return false
    this.#hosts.set(host, before + 1)
    return true
  }

  leave(peer: NetAddress.InetAddress): void {
    const host = NetAddress.formatHost(peer)
    const left = (this.#hosts.get(host) ?? 1) - 1
    if (left > 0) this.#hosts.set(host, left)
    else this.#hosts.delete(host)
  }

  /** Waits for its handshake until that `heard` is run; the oldest who waits gives way when there are too many. */
  listenTo(hangUp: () => void): () => void {
    this.#unheard.add(hangUp)
    if (this.#unheard.size > mostUnheard) {
      const [oldest] = this.#unheard
      this.#unheard.delete(oldest!)
      oldest!()
    }
    return () => void this.#unheard.delete(hangUp)
  }
}

/**
 * Peers that will be called again, and when.
 *
 * Plain: it is told the time, in milliseconds. Invariant: a peer waits here once, and the longer the more often it has waited without being of use.
 */
import { NetAddress } from "effect/net"

/** The first wait, in milliseconds; twice as long each time. */
export const first = 15_000

/** The longest. */
const longest = 15 * 60_000

export class Backoff {
  readonly #waiting = new Map<string, { readonly peer: NetAddress.InetAddress; readonly due: number }>()
  readonly #failures = new Map<string, number>()

  /** Calls a peer again later. */
  later(peer: NetAddress.InetAddress, now: number): void {
    const name = NetAddress.formatInet(peer)
    const failures = this.#failures.get(name) ?? 0
    this.#failures.set(name, failures + 1)
    this.#waiting.set(name, { peer, due: now + Math.min(longest, first * 2 ** Math.min(failures, 10)) })
  }

  /** It has been of use: the next wait is a first one. */
  forgive(peer: NetAddress.InetAddress): void {
    this.#failures.delete(NetAddress.formatInet(peer))
  }

  /** How many milliseconds nobody is due for, whoever may begin to wait meanwhile. */
  restFor(now: number): number {
    let rest = first
    for (const { due } of this.#waiting.values()) rest = Math.min(rest, due - now)
    return Math.max(0, rest)
  }

  /** Those whose time has come; they do not wait any more. */
  due(now: number): ReadonlyArray<NetAddress.InetAddress> {
    const due: Array<NetAddress.InetAddress> = []
    for (const [name, { due: at, peer }] of this.#waiting) {
      if (at > now) continue
      this.#waiting.delete(name)
      due.push(peer)
    }
    return due
  }
}

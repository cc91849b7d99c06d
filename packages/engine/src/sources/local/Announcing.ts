/**
 * Which torrents are to be announced in the local network, and when (BEP 14).
 *
 * Plain: it is told the time, in milliseconds. Invariants: a torrent is announced at most once in five minutes, also when it was taken from the list and put on it again; all together at most once a
 * minute, several in one announcement.
 */
import { LocalDiscovery } from "@unchoke/protocol"

/** Of one torrent. */
export const every = 5 * 60_000

/** Of all: a thousand hosts would otherwise drown a network. */
export const atMostEvery = 60_000

export class Announcing<Torrent> {
  readonly #torrents = new Set<Torrent>()
  /** When each was announced last, where that is not long ago. */
  readonly #announced = new Map<Torrent, number>()
  #last = -Infinity

  add(torrent: Torrent): void {
    this.#torrents.add(torrent)
  }

  delete(torrent: Torrent): void {
    this.#torrents.delete(torrent)
  }

  /** Those that are to be announced now, together. */
  take(now: number): ReadonlyArray<Torrent> {
    for (const [torrent, at] of this.#announced) if (now - at >= every) this.#announced.delete(torrent)
    if (now - this.#last < atMostEvery) return []
    const due = [...this.#torrents]
      .filter((torrent) => !this.#announced.has(torrent))
      .slice(0, LocalDiscovery.mostInfoHashes)
    for (const torrent of due) this.#announced.set(torrent, now)
    if (due.length > 0) this.#last = now
    return due
  }

  /** How long nothing is to be announced, if nothing changes; for ever where there is nothing. */
  wait(now: number): number {
    let next = Infinity
    for (const torrent of this.#torrents) next = Math.min(next, (this.#announced.get(torrent) ?? -Infinity) + every)
    return Math.max(0, Math.max(next, this.#last + atMostEvery) - now)
  }
}

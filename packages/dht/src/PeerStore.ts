/**
 * The peers that were announced to us (BEP 5), for half an hour each.
 *
 * Invariants: at most `maxPeers` in all, `maxPerTorrent` of a torrent, `maxPerNode` of an address; of a torrent an address has one peer (local addresses: an endpoint). Where there is no room the oldest goes.
 */
import * as Endpoint from "./Endpoint.ts"
import type * as Id from "./Id.ts"
import type { Random } from "./Random.ts"

/** Up to 350 bytes each, where each is of another torrent: 2 MiB. */
export const maxPeers = 6000
export const maxPerTorrent = 500
export const maxPerNode = 100
/** Milliseconds: clients announce every 15 minutes, the slowest every 30. */
export const lifetime = 45 * 60_000

export interface StoredPeer {
  readonly target: Id.Id
  readonly endpoint: Endpoint.Endpoint
  readonly isSeed: boolean
  readonly until: number
}

export class PeerStore {
  /** By node, in the order of their announcing. */
  readonly #torrents = new Map<Id.Id, Map<string, StoredPeer>>()
  /** All of them, the oldest first. */
  readonly #all = new Set<StoredPeer>()
  readonly #perNode = new Map<string, number>()

  get size(): number {
    return this.#all.size
  }

  /** How many torrents there are peers of. */
  get torrents(): number {
    return this.#torrents.size
  }

  /** False when who announces has too many already. */
  add(target: Id.Id, endpoint: Endpoint.Endpoint, isSeed: boolean, now: number): boolean {
    this.#expire(now)
    const node = Endpoint.nodeOf(endpoint)
    const before = this.#torrents.get(target)?.get(node)
    if (before !== undefined) this.#remove(before)
    else if ((this.#perNode.get(node) ?? 0) >= maxPerNode) return false
    const crowd = this.#torrents.get(target)
    if (crowd !== undefined && crowd.size >= maxPerTorrent) this.#remove(crowd.values().next().value!)
    if (this.#all.size >= maxPeers) this.#remove(this.#all.values().next().value!)
    this.#put({ target, endpoint, isSeed, until: now + lifetime })
    return true
  }

  /** At most so many peers of a torrent, chosen at random. */
  sample(target: Id.Id, count: number, random: Random, now: number): ReadonlyArray<Endpoint.Endpoint> {
    const peers = this.of(target, now)
    if (peers.length <= count) return peers.map(({ endpoint }) => endpoint)
    const chosen = [...peers]
    for (let i = 0; i < count; i++) {
      const other = i + random.below(chosen.length - i)
      const peer = chosen[other]!
      chosen[other] = chosen[i]!
      chosen[i] = peer
    }
    return chosen.slice(0, count).map(({ endpoint }) => endpoint)
  }

  of(target: Id.Id, now: number): ReadonlyArray<StoredPeer> {
    this.#expire(now)
    return [...(this.#torrents.get(target)?.values() ?? [])]
  }

  /** At most so many torrents, from a place chosen at random on. */
  sampleTorrents(count: number, random: Random, now: number): ReadonlyArray<Id.Id> {
    this.#expire(now)
    const all = [...this.#torrents.keys()]
    if (all.length <= count) return all
    const start = random.below(all.length)
    return Array.from({ length: count }, (_, i) => all[(start + i) % all.length]!)
  }

  #expire(now: number): void {
    for (const peer of this.#all) {
      if (peer.until > now) return
      this.#remove(peer)
    }
  }

  #put(peer: StoredPeer): void {
    const node = Endpoint.nodeOf(peer.endpoint)
    let crowd = this.#torrents.get(peer.target)
    if (crowd === undefined) this.#torrents.set(peer.target, (crowd = new Map()))
    crowd.set(node, peer)
    this.#all.add(peer)
    this.#perNode.set(node, (this.#perNode.get(node) ?? 0) + 1)
  }

  #remove(peer: StoredPeer): void {
    const node = Endpoint.nodeOf(peer.endpoint)
    const crowd = this.#torrents.get(peer.target)!
    crowd.delete(node)
    if (crowd.size === 0) this.#torrents.delete(peer.target)
    this.#all.delete(peer)
    const left = this.#perNode.get(node)! - 1
    if (left === 0) this.#perNode.delete(node)
    else this.#perNode.set(node, left)
  }
}

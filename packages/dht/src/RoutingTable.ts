/**
 * The nodes that we know (BEP 5), many near us and few far away: a list of buckets, the n-th for ids that share n bits with ours, the last one for all that share more.
 *
 * Invariants: a bucket holds at most `k` nodes and as many who wait to replace them; whoever is in it has answered us; an address is in the table once, a network in a bucket once (local addresses: an endpoint once),
 * so no owner of a network fills it; only the last bucket is split. A node that answers and whose id fits its address (BEP 42) is preferred, and otherwise the one that has been there longest.
 */
import * as Endpoint from "./Endpoint.ts"
import * as Id from "./Id.ts"
import type { Contact } from "./Krpc.ts"
import { k } from "./Candidate.ts"

/** Milliseconds without an answer after which nobody knows whether a node is still there (BEP 5). */
export const questionableAfter = 15 * 60_000

/** Questions in a row without an answer after which another takes a node's place. */
const fewFails = 2
/** The same when nobody waits for the place. */
const manyFails = 5

/** A node in the table. */
export interface Entry extends Contact {
  readonly valid: boolean
  /** When it answered last. */
  seen: number
  /** Questions since then that it did not answer. */
  fails: number
}

interface Bucket {
  readonly entries: Array<Entry>
  /** The latest last. */
  readonly waiting: Array<Entry>
  /** When something in it changed, or was looked for. */
  touched: number
}

export class RoutingTable {
  readonly id: Id.Id
  readonly #buckets: Array<Bucket> = [emptyBucket(0)]
  readonly #nodes = new Map<string, Entry>()

  constructor(id: Id.Id) {
    this.id = id
  }

  /** How many nodes are in it. */
  get size(): number {
    return this.#nodes.size
  }

  get entries(): ReadonlyArray<Entry> {
    return [...this.#nodes.values()]
  }

  /** Whether this node would have a place, if it answered. */
  wants({ endpoint, id }: Contact): boolean {
    if (id === this.id) return false
    const known = this.#nodes.get(Endpoint.nodeOf(endpoint))
    if (known !== undefined) return false
    const index = this.#indexOf(id)
    const bucket = this.#buckets[index]!
    if (bucket.entries.length < k || this.#isSplittable(index)) return true
    return bucket.waiting.length < k || bucket.entries.some((entry) => this.#yields(entry, Id.isValidAt(id, endpoint)))
  }

  /** It has answered us. */
  answered({ endpoint, id }: Contact, now: number): void {
    if (id === this.id) return
    const known = this.#nodes.get(Endpoint.nodeOf(endpoint))
    if (known?.id === id && known.endpoint === endpoint) {
      known.seen = now
      known.fails = 0
      this.#buckets[this.#indexOf(id)]!.touched = now
      return
    }
    if (known !== undefined) {
      // Another id or port at an address that we know: one that changes its id is nobody to rely on, but who is gone makes room.
      if (known.endpoint !== endpoint && known.fails < fewFails) return
      this.#remove(known)
    }
    const entry: Entry = { id, endpoint, valid: Id.isValidAt(id, endpoint), seen: now, fails: 0 }
    this.#insert(entry, now)
  }

  /** It has not answered a question. */
  failed(endpoint: Endpoint.Endpoint): void {
    const entry = this.#nodes.get(Endpoint.nodeOf(endpoint))
    if (entry === undefined || entry.endpoint !== endpoint) return
    entry.fails++
    const bucket = this.#buckets[this.#indexOf(entry.id)]!
    const successor = entry.fails >= fewFails ? bucket.waiting.at(-1) : undefined
    if (successor !== undefined) {
      bucket.waiting.pop()
      this.#remove(entry)
      if (!this.#nodes.has(Endpoint.nodeOf(successor.endpoint))) this.#put(bucket, successor)
    } else if (entry.fails >= manyFails) this.#remove(entry)
  }

  /** The nodes closest to the target that answer, the closest first. */
  closest(target: Id.Id, count: number, isFit: (entry: Entry) => boolean = () => true): ReadonlyArray<Entry> {
    const chosen: Array<Entry> = []
    for (const entry of this.#nodes.values()) {
      if (entry.fails >= fewFails || !isFit(entry)) continue
      let at = chosen.length
      if (at === count && Id.compare(target, entry.id, chosen[at - 1]!.id) >= 0) continue
      if (at === count) at--
      for (; at > 0 && Id.compare(target, entry.id, chosen[at - 1]!.id) < 0; at--) chosen[at] = chosen[at - 1]!
      chosen[at] = entry
    }
    return chosen
  }

  /** The node that has been silent for longest, if nobody knows whether it is still there. */
  questionable(now: number): Entry | undefined {
    let oldest: Entry | undefined
    for (const entry of this.#nodes.values()) {
      if (now - entry.seen < questionableAfter) continue
      if (
        oldest === undefined ||
        entry.fails < oldest.fails ||
        (entry.fails === oldest.fails && entry.seen < oldest.seen)
      )
        oldest = entry
    }
    return oldest
  }

  /** How many bits a target shares with our id, of the bucket that nothing has happened in for longest; it counts as touched. `undefined`: all are fresh. */
  refresh(now: number): number | undefined {
    let stalest: number | undefined
    for (let i = 0; i < this.#buckets.length; i++) {
      const { touched } = this.#buckets[i]!
      if (now - touched >= questionableAfter && (stalest === undefined || touched < this.#buckets[stalest]!.touched))
        stalest = i
    }
    if (stalest !== undefined) this.#buckets[stalest]!.touched = now
    return stalest
  }

  #indexOf(id: Id.Id): number {
    return Math.min(Id.sharedBits(this.id, id), this.#buckets.length - 1)
  }

  #isSplittable(index: number): boolean {
    return index === this.#buckets.length - 1 && index < Id.bits - 1
  }

  /** Whether an entry makes room for one that answers. */
  #yields(entry: Entry, validly: boolean): boolean {
    return entry.fails >= fewFails || (validly && !entry.valid)
  }

  #insert(entry: Entry, now: number): void {
    for (;;) {
      const index = this.#indexOf(entry.id)
      const bucket = this.#buckets[index]!
      const network = Endpoint.networkOf(entry.endpoint)
      const neighbour = bucket.entries.find(({ endpoint }) => Endpoint.networkOf(endpoint) === network)
      if (neighbour !== undefined) {
        if (!this.#yields(neighbour, entry.valid)) return
        this.#remove(neighbour)
      }
      if (bucket.entries.length < k) {
        bucket.touched = now
        return this.#put(bucket, entry)
      }
      if (this.#isSplittable(index)) {
        this.#split(now)
        continue
      }
      const yielding =
        bucket.entries.find(({ fails }) => fails >= fewFails) ??
        bucket.entries.find((other) => this.#yields(other, entry.valid))
      if (yielding !== undefined) {
        this.#remove(yielding)
        bucket.touched = now
        return this.#put(bucket, entry)
      }
      return wait(bucket, entry)
    }
  }

  #put(bucket: Bucket, entry: Entry): void {
    bucket.entries.push(entry)
    this.#nodes.set(Endpoint.nodeOf(entry.endpoint), entry)
  }

  #remove(entry: Entry): void {
    this.#nodes.delete(Endpoint.nodeOf(entry.endpoint))
    const { entries } = this.#buckets[this.#indexOf(entry.id)]!
    entries.splice(entries.indexOf(entry), 1)
  }

  #split(now: number): void {
    const full = this.#buckets.at(-1)!
    this.#buckets.push(emptyBucket(now))
    const entries = full.entries.splice(0)
    const waiting = full.waiting.splice(0)
    for (const entry of entries) this.#buckets[this.#indexOf(entry.id)]!.entries.push(entry)
    for (const entry of waiting) this.#buckets[this.#indexOf(entry.id)]!.waiting.push(entry)
  }
}

const emptyBucket = (touched: number): Bucket => ({ entries: [], waiting: [], touched })

/** The one that answered last is the best replacement, so the one before all others goes. */
const wait = ({ waiting }: Bucket, entry: Entry): void => {
  const known = waiting.findIndex(({ endpoint }) => Endpoint.networkOf(endpoint) === Endpoint.networkOf(entry.endpoint))
  if (known !== -1) waiting.splice(known, 1)
  waiting.push(entry)
  if (waiting.length > k) waiting.shift()
}

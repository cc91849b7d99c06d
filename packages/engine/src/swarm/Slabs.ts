/**
 * The memory that slabs lie in, shared by all torrents.
 *
 * Invariants: at most `most` slabs have memory, and the one used longest ago gives its own to the next, before it one that has been sent as a whole; never one that somebody sends from or
 * that is being read into.
 * At most half of them are sent from at a time, and a quarter read into, so there is always one to be had. At most a quarter was read for what is only going to be wanted.
 */
import type { Cause } from "effect"
import type { StorageError } from "../storage/StorageError.ts"
import { memorySize, slabSize } from "./SlabLayout.ts"
import { SlabMemory } from "./SlabMemory.ts"

/** 32 MiB: a turn of 256 KiB for each of a hundred peers. */
export const mostSlabs = 128

/** A read that is on its way: the parts from `from` up to `to`, and who waits for one of them. */
export interface Reading {
  readonly slab: Slab
  readonly from: number
  readonly to: number
  readonly waiters: Array<Waiter>
}

export interface Waiter {
  readonly part: number
  readonly ready: () => void
  readonly failed: (cause: Cause.Cause<StorageError>) => void
}

/** A stretch of a torrent, of which each part is there, or on its way, or neither. */
export class Slab {
  readonly index: number
  /** The slabs of its torrent that are to be found. */
  readonly home: Map<number, Slab>
  readonly parts: Array<Reading | "here" | undefined>
  memory: SlabMemory | undefined
  /** How many send from it, and how many reads fill it. */
  lent = 0
  filling = 0
  /** How many bytes of it were lent since it was read. */
  used = 0
  /** Whether it was read, or is to be, before anybody wanted it. */
  isAhead = false

  constructor(home: Map<number, Slab>, index: number, parts: number) {
    this.home = home
    this.index = index
    this.parts = Array.from({ length: parts }, () => undefined)
    home.set(index, this)
  }

  get isFound(): boolean {
    return this.home.get(this.index) === this
  }
}

export class Slabs {
  /** So many slabs are read at once where they follow each other, and so many of these reads are under way at a time. */
  readonly together: number
  readonly reads: number
  readonly #most: number
  readonly #mostLent: number
  /** Those that have memory, the one used last at the end. */
  readonly #used = new Set<Slab>()
  /**
   * Those of which as much has been sent as they hold, the latest at the end: most peers want a piece once, and what a processor has in its caches is read into, and sent from, a
   * third faster than what it has not.
   */
  readonly #spent = new Set<Slab>()
  #last: Slab | undefined
  #lent = 0
  #ahead = 0
  /** How many are being served, or wait for what they are to be served. */
  #loans = 0

  constructor(most: number = mostSlabs) {
    this.#most = Math.max(4, most)
    this.#mostLent = this.#most >> 1
    // A MiB, by each of the four threads that Node's pool has. Reads are counted, not slabs: a long one is not to wait until nobody wants a short one.
    const mostRead = Math.min(16, this.#most >> 2)
    this.together = Math.max(1, Math.min(4, mostRead >> 1))
    this.reads = Math.floor(mostRead / this.together)
  }

  /** Bytes of memory of all of them. */
  get size(): number {
    return this.#used.size * memorySize
  }

  /** How many bytes one more may be lent, so that all others have as much. */
  get share(): number {
    return (this.#mostLent * slabSize) / (this.#loans + 1)
  }

  begin(): void {
    this.#loans++
  }

  end(): void {
    this.#loans--
  }

  /** Whether it may be read though nobody wants it yet. */
  expect(slab: Slab): boolean {
    if (this.#ahead >= this.#most >> 2) return false
    slab.isAhead = true
    this.#ahead++
    return true
  }

  /** Somebody wants it now. */
  touch(slab: Slab): void {
    this.#arrive(slab)
    this.#spent.delete(slab)
    if (slab === this.#last || !this.#used.delete(slab)) return
    this.#used.add(slab)
    this.#last = slab
  }

  /** Whether it may be sent from: then it stays as it is until it comes back. */
  lend(slab: Slab): boolean {
    if (slab.lent === 0 && this.#lent === this.#mostLent) return false
    if (slab.lent++ === 0) this.#lent++
    return true
  }

  giveBack(slab: Slab): void {
    if (--slab.lent === 0) this.#lent--
    if (slab.lent === 0 && slab.used >= slabSize) this.#spent.add(slab)
    this.#settle(slab)
  }

  /** The slab's memory, for being read into until `filled`. */
  fill(slab: Slab): SlabMemory {
    slab.filling++
    slab.memory ??= this.#takeSpent() ?? (this.#used.size < this.#most ? new SlabMemory() : this.#takeOldest())
    slab.used = 0
    this.#spent.delete(slab)
    this.#used.delete(slab)
    this.#used.add(slab)
    this.#last = slab
    return slab.memory
  }

  filled(slab: Slab): void {
    slab.filling--
    this.#settle(slab)
  }

  /** It is not to be found any more; its memory stays until nobody needs it, and is nobody else's afterwards. */
  forget(slab: Slab): void {
    if (slab.isFound) slab.home.delete(slab.index)
    this.#settle(slab)
  }

  #settle(slab: Slab): void {
    if (!slab.isFound && slab.lent === 0 && slab.filling === 0) this.#release(slab)
  }

  #takeSpent(): SlabMemory | undefined {
    for (const slab of this.#spent) {
      const { memory } = slab
      this.#spent.delete(slab)
      if (slab.lent > 0 || slab.filling > 0 || memory === undefined) continue
      this.#release(slab)
      return memory
    }
    return undefined
  }

  #takeOldest(): SlabMemory {
    let oldest: Slab | undefined
    for (oldest of this.#used) if (oldest.lent === 0 && oldest.filling === 0) break
    const memory = oldest!.memory!
    this.#release(oldest!)
    return memory
  }

  #arrive(slab: Slab): void {
    if (!slab.isAhead) return
    slab.isAhead = false
    this.#ahead--
  }

  #release(slab: Slab): void {
    this.#arrive(slab)
    this.#used.delete(slab)
    this.#spent.delete(slab)
    slab.memory = undefined
    let isAwaited = false
    for (const [part, state] of slab.parts.entries()) {
      if (state === "here") slab.parts[part] = undefined
      else if (state !== undefined) isAwaited = true
    }
    if (!isAwaited && slab.isFound) slab.home.delete(slab.index)
  }
}

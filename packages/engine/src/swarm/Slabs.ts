/**
 * The memory that slabs lie in, shared by all torrents.
 *
 * Invariants: at most `most` slabs have a buffer, and the one used longest ago gives its own to the next, before it one that has been sent as a whole; never one that somebody sends from or
 * that is being read into.
 * At most half of them are sent from at a time, and a quarter read into, so there is always one to be had.
 */
import type { Cause } from "effect"
import type { StorageError } from "../storage/StorageError.ts"
import { slabSize } from "./SlabLayout.ts"

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
  readonly ready: (slab: Slab) => void
  readonly failed: (cause: Cause.Cause<StorageError>) => void
}

/** A stretch of a torrent, of which each part is there, or on its way, or neither. */
export class Slab {
  readonly index: number
  /** The slabs of its torrent that are to be found. */
  readonly home: Map<number, Slab>
  readonly parts: Array<Reading | "here" | undefined>
  buffer: Uint8Array | undefined
  /** How many send from it, and how many reads fill it. */
  lent = 0
  filling = 0
  /** How many bytes of it were lent since it was read. */
  used = 0

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
  readonly mostRead: number
  readonly #most: number
  readonly #mostLent: number
  /** Those that have a buffer, the one used last at the end. */
  readonly #used = new Set<Slab>()
  /**
   * Those of which as much has been sent as they hold, the latest at the end: most peers want a piece once, and what a processor has in its caches is read into, and sent from, a
   * third faster than what it has not.
   */
  readonly #spent = new Set<Slab>()
  #last: Slab | undefined
  #lent = 0

  constructor(most: number = mostSlabs) {
    this.#most = Math.max(4, most)
    this.#mostLent = this.#most >> 1
    // Node's pool has four threads.
    this.mostRead = Math.min(8, this.#most >> 2)
  }

  /** Bytes of all buffers. */
  get size(): number {
    return this.#used.size * slabSize
  }

  touch(slab: Slab): void {
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

  /** The slab's buffer, for being read into until `filled`. */
  fill(slab: Slab): Uint8Array {
    slab.filling++
    slab.buffer ??= this.#takeSpent() ?? (this.#used.size < this.#most ? new Uint8Array(slabSize) : this.#takeOldest())
    slab.used = 0
    this.#used.add(slab)
    this.touch(slab)
    return slab.buffer
  }

  filled(slab: Slab): void {
    slab.filling--
    this.#settle(slab)
  }

  /** It is not to be found any more; its buffer stays until nobody needs it, and is nobody else's afterwards. */
  forget(slab: Slab): void {
    if (slab.isFound) slab.home.delete(slab.index)
    this.#settle(slab)
  }

  #settle(slab: Slab): void {
    if (!slab.isFound && slab.lent === 0 && slab.filling === 0) this.#release(slab)
  }

  #takeSpent(): Uint8Array | undefined {
    for (const slab of this.#spent) {
      const { buffer } = slab
      this.#spent.delete(slab)
      if (slab.lent > 0 || slab.filling > 0 || buffer === undefined) continue
      this.#release(slab)
      return buffer
    }
    return undefined
  }

  #takeOldest(): Uint8Array {
    let oldest: Slab | undefined
    for (oldest of this.#used) if (oldest.lent === 0 && oldest.filling === 0) break
    const buffer = oldest!.buffer!
    this.#release(oldest!)
    return buffer
  }

  #release(slab: Slab): void {
    this.#used.delete(slab)
    this.#spent.delete(slab)
    slab.buffer = undefined
    let isAwaited = false
    for (const [part, state] of slab.parts.entries()) {
      if (state === "here") slab.parts[part] = undefined
      else if (state !== undefined) isAwaited = true
    }
    if (!isAwaited && slab.isFound) slab.home.delete(slab.index)
  }
}

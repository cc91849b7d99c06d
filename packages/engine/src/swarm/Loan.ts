/**
 * Blocks that are put together for somebody, some of them when they have been read; over when they are given back.
 *
 * Invariants: what is lent of a slab is given back once; whoever is over holds nothing and gets nothing.
 */
import { type Cause, Effect } from "effect"
import type { StorageError } from "../storage/StorageError.ts"
import type { Slab, Slabs, Waiter } from "./Slabs.ts"

/** The blocks, in the order in which they were wanted. */
export interface Lent {
  readonly blocks: ReadonlyArray<Uint8Array>
  /** When the blocks have left this program: they may change from now on. Nothing happens the second time. */
  readonly giveBack: () => void
}

export class Loan implements Lent {
  readonly blocks: Array<Uint8Array> = []
  readonly #slabs: Slabs
  readonly #lent: Array<Slab> = []
  #awaited = 0
  #isOver = false
  #cause: Cause.Cause<StorageError> | undefined
  #resume: ((outcome: Effect.Effect<void, StorageError>) => void) | undefined

  constructor(slabs: Slabs) {
    this.#slabs = slabs
  }

  get isComplete(): boolean {
    return this.#awaited === 0
  }

  /** Waits for all that is on its way. */
  readonly complete: Effect.Effect<void, StorageError> = Effect.callback((resume) => {
    this.#resume = resume
    this.#advance()
  })

  /** A view of the slab, or a copy where too much is lent already. */
  put(place: number, slab: Slab, at: number, length: number): void {
    const isLent = this.#holds(slab)
    slab.used += length
    this.blocks[place] = isLent ? slab.buffer!.subarray(at, at + length) : slab.buffer!.slice(at, at + length)
  }

  /** Somebody who waits for a part of a slab, to make `use` of it. */
  waiter(part: number, use: (slab: Slab) => void): Waiter {
    this.#awaited++
    return {
      part,
      ready: (slab) => {
        if (this.#isOver) return
        use(slab)
        this.#awaited--
        this.#advance()
      },
      failed: (cause) => {
        this.#cause ??= cause
        this.#advance()
      },
    }
  }

  readonly giveBack = (): void => {
    this.#isOver = true
    for (const slab of this.#lent.splice(0)) this.#slabs.giveBack(slab)
  }

  /** The same for blocks that may be on their way still: they never change. */
  readonly abandon = (): void => {
    for (const slab of this.#lent) this.#slabs.forget(slab)
    this.giveBack()
  }

  #holds(slab: Slab): boolean {
    if (this.#lent.includes(slab)) return true
    if (!this.#slabs.lend(slab)) return false
    this.#lent.push(slab)
    return true
  }

  #advance(): void {
    if (this.#cause !== undefined) this.#resume?.(Effect.failCause(this.#cause))
    else if (this.#awaited === 0) this.#resume?.(Effect.void)
  }
}

/**
 * Blocks that are put together for somebody, some of them when they have been read; over when they are given back.
 *
 * Invariants: what is lent of a slab is given back once; whoever is over holds nothing and gets nothing.
 */
import { type Cause, Effect } from "effect"
import type { StorageError } from "../storage/StorageError.ts"
import type { Slab, Slabs, Waiter } from "./Slabs.ts"

/** What goes over the wire: `piece` messages, in the order in which the blocks were wanted. */
export interface Lent {
  readonly messages: ReadonlyArray<Uint8Array>
  /** When they have left this program: they may change from now on. Nothing happens the second time. */
  readonly giveBack: () => void
}

export class Loan implements Lent {
  readonly #slabs: Slabs
  /** Of each message, by the place of its block, in what memory it lies, from where to where. */
  readonly #memory: Array<Uint8Array> = []
  readonly #from: Array<number> = []
  readonly #to: Array<number> = []
  readonly #lent: Array<Slab> = []
  #awaited = 0
  #isOver = false
  #cause: Cause.Cause<StorageError> | undefined
  #resume: ((outcome: Effect.Effect<void, StorageError>) => void) | undefined

  constructor(slabs: Slabs) {
    this.#slabs = slabs
    slabs.begin()
  }

  get isComplete(): boolean {
    return this.#awaited === 0
  }

  /** Waits for all that is on its way. */
  get complete(): Effect.Effect<void, StorageError> {
    return Effect.callback((resume) => {
      this.#resume = resume
      this.#advance()
    })
  }

  /** Of what is complete: what lies together is one. */
  get messages(): ReadonlyArray<Uint8Array> {
    const messages: Array<Uint8Array> = []
    for (let first = 0, next = 1; first < this.#memory.length; first = next++) {
      while (this.#memory[next] === this.#memory[first] && this.#from[next] === this.#to[next - 1]) next++
      messages.push(this.#memory[first]!.subarray(this.#from[first], this.#to[next - 1]))
    }
    return messages
  }

  /** What lies from `from` to `to` in the slab's memory, or a copy where too much is lent already. */
  put(place: number, slab: Slab, from: number, to: number): void {
    const { bytes } = slab.memory!
    slab.used += to - from
    if (this.#holds(slab)) this.#put(place, bytes, from, to)
    else this.putOwn(place, bytes.slice(from, to))
  }

  /** What is nobody else's. */
  putOwn(place: number, bytes: Uint8Array): void {
    this.#put(place, bytes, 0, bytes.length)
  }

  #put(place: number, memory: Uint8Array, from: number, to: number): void {
    this.#memory[place] = memory
    this.#from[place] = from
    this.#to[place] = to
  }

  /** Somebody who waits for a part of a slab, to make `use` of it. */
  waiter(part: number, use: () => void): Waiter {
    this.#awaited++
    return {
      part,
      ready: () => {
        if (this.#isOver) return
        use()
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
    if (this.#isOver) return
    this.#isOver = true
    for (const slab of this.#lent) this.#slabs.giveBack(slab)
    this.#slabs.end()
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

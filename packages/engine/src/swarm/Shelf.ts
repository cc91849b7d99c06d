/**
 * What is served, kept in slabs that are read ahead: one shelf for all torrents of a session.
 *
 * What is here is had at once, without an effect; whoever wants the same at the same time waits for one read. Invariants: nothing but pieces that are stored is read, and
 * nothing twice while it is here; a block that was lent stays as it is until it is given back; what a read that failed was for is told to whoever waits, and is
 * not here. Where half of the memory is lent, blocks are copies: peers that read slowly keep nobody from theirs.
 */
import type { Geometry } from "@unchoke/protocol"
import { Effect, Exit, type Scope, Semaphore } from "effect"
import { type Lent, Loan } from "./Loan.ts"
import type { StoredTorrent } from "../storage/PieceStore.ts"
import type { StorageError } from "../storage/StorageError.ts"
import { SlabLayout, slabSize } from "./SlabLayout.ts"
import { mostSlabs, type Reading, Slab, Slabs } from "./Slabs.ts"

/** Bytes of a stored piece, from 1 up to as many as it has from `begin` on. */
export interface Wanted {
  readonly piece: number
  readonly begin: number
  readonly length: number
}

export interface ShelvedTorrent {
  readonly geometry: Geometry.Geometry
  readonly read: StoredTorrent["read"]
  /** Whether a piece is there and verified. */
  readonly isStored: (piece: number) => boolean
  /** To be run when the disk does not give (a part of) a stored piece. */
  readonly failed: (piece: number, error: StorageError) => Effect.Effect<void>
}

export class Shelf {
  readonly #slabs: Slabs
  readonly #reads: Semaphore.Semaphore

  /** With so many slabs of 256 KiB at the most (default: 128; at least 4). */
  constructor(most: number = mostSlabs) {
    this.#slabs = new Slabs(most)
    this.#reads = Semaphore.makeUnsafe(this.#slabs.mostRead)
  }

  /** Bytes that are held in memory. */
  get size(): number {
    return this.#slabs.size
  }

  /** A torrent's part of it; nothing of it is kept behind the scope. */
  readonly open = (torrent: ShelvedTorrent): Effect.Effect<TorrentShelf, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.sync(() => new TorrentShelf(torrent, this.#slabs, this.#reads)),
      (shelf) => Effect.sync(() => shelf.clear()),
    )
}

export class TorrentShelf {
  readonly #torrent: ShelvedTorrent
  readonly #layout: SlabLayout
  readonly #slabs: Slabs
  readonly #reads: Semaphore.Semaphore
  readonly #found = new Map<number, Slab>()

  constructor(torrent: ShelvedTorrent, slabs: Slabs, reads: Semaphore.Semaphore) {
    this.#torrent = torrent
    this.#layout = new SlabLayout(torrent.geometry)
    this.#slabs = slabs
    this.#reads = reads
  }

  /** What is here already; `undefined` when any of it is not. */
  readonly lend = (wanted: ReadonlyArray<Wanted>): Lent | undefined => {
    if (!wanted.every(this.#isHere)) return undefined
    const loan = new Loan(this.#slabs)
    this.#fulfil(loan, wanted)
    return loan
  }

  /**
   * Lends the blocks to `send` until it has succeeded: then they have to have left this program. What is not here is read before; fails with what the disk
   * said of any of it.
   */
  readonly use = <A, E, R>(
    wanted: ReadonlyArray<Wanted>,
    send: (blocks: ReadonlyArray<Uint8Array>) => Effect.Effect<A, E, R>,
  ): Effect.Effect<A, E | StorageError, R> =>
    Effect.uninterruptibleMask((restore) => {
      const loan = new Loan(this.#slabs)
      const due = this.#fulfil(loan, wanted)
      const sending = Effect.suspend(() => send(loan.blocks))
      const all = loan.isComplete ? sending : Effect.andThen(loan.complete, sending)
      // Detached: whoever else waits for these reads by then must not lose them with us.
      const reading = Effect.forEach(due, (one) => Effect.forkDetach(this.#read(one), { startImmediately: true }))
      const used = Effect.onExit(restore(all), (exit) =>
        Effect.sync(Exit.isSuccess(exit) ? loan.giveBack : loan.abandon),
      )
      return due.length === 0 ? used : Effect.andThen(reading, used)
    })

  /** Forgets all of it; what is lent stays as it is. */
  clear(): void {
    for (const slab of this.#found.values()) this.#slabs.forget(slab)
  }

  readonly #isHere = ({ begin, length, piece }: Wanted): boolean => {
    const last = this.#layout.slabOf(piece, begin + length - 1)
    const part = this.#layout.partOf(piece)
    for (let index = this.#layout.slabOf(piece, begin); index <= last; index++) {
      if (this.#found.get(index)?.parts[part] !== "here") return false
    }
    return true
  }

  /** Puts into the loan what is here, and lets it wait for the rest; returns what has to be read for that. */
  #fulfil(loan: Loan, wanted: ReadonlyArray<Wanted>): ReadonlyArray<Reading> {
    const due: Array<Reading> = []
    for (const [place, { begin, length, piece }] of wanted.entries()) {
      const at = this.#layout.placeOf(piece, begin)
      if (at + length <= slabSize) {
        this.#want(loan, piece, begin, due, (slab) => loan.put(place, slab, at, length))
        continue
      }
      const whole = new Uint8Array(length)
      loan.blocks[place] = whole
      for (let done = 0; done < length;) {
        const [from, to] = [this.#layout.placeOf(piece, begin + done), done]
        const count = Math.min(length - done, slabSize - from)
        this.#want(loan, piece, begin + done, due, ({ buffer }) => whole.set(buffer!.subarray(from, from + count), to))
        done += count
      }
    }
    return due
  }

  #want(loan: Loan, piece: number, begin: number, due: Array<Reading>, use: (slab: Slab) => void): void {
    const index = this.#layout.slabOf(piece, begin)
    const part = this.#layout.partOf(piece)
    const slab = this.#found.get(index) ?? new Slab(this.#found, index, this.#layout.partsOf(index))
    this.#slabs.touch(slab)
    const state = slab.parts[part]
    if (state === "here") return use(slab)
    const reading = state ?? this.#begin(slab, part)
    if (reading !== state) due.push(reading)
    reading.waiters.push(loan.waiter(part, use))
  }

  /** Around a part that is wanted, as many as are stored and neither here nor on their way. */
  #begin(slab: Slab, part: number): Reading {
    const isDue = (other: number) =>
      slab.parts[other] === undefined && this.#torrent.isStored(this.#layout.pieceOf(slab.index, other))
    let [from, to] = [part, part + 1]
    while (from > 0 && isDue(from - 1)) from--
    while (to < slab.parts.length && isDue(to)) to++
    return reads(slab, from, to)
  }

  #read(reading: Reading): Effect.Effect<void> {
    const { from, slab, to } = reading
    const read = Effect.suspend(() => {
      const { at, begin, length, piece } = this.#layout.run(slab.index, from, to)
      return this.#torrent.read(piece, begin, this.#slabs.fill(slab).subarray(at, at + length))
    })
    const failed = (error: StorageError) =>
      to - from === 1 ? this.#torrent.failed(this.#layout.pieceOf(slab.index, from), error) : Effect.void
    return Effect.exit(Effect.tapError(read, failed)).pipe(
      Effect.map((exit) => this.#end(reading, exit)),
      Semaphore.withPermit(this.#reads),
      Effect.flatMap(Effect.forEach((again) => this.#read(again), { discard: true })),
    )
  }

  /** Returns what has to be read anew. */
  #end({ from, slab, to, waiters }: Reading, exit: Exit.Exit<void, StorageError>): ReadonlyArray<Reading> {
    const isHere = Exit.isSuccess(exit)
    slab.parts.fill(isHere ? "here" : undefined, from, to)
    if (isHere) for (const { ready } of waiters) ready(slab)
    // What is wrong with one piece is not its neighbours' fault: each that is wanted is read by itself.
    const isDivided = !isHere && to - from > 1
    if (!isHere && !isDivided) {
      this.#slabs.forget(slab)
      for (const { failed } of waiters) failed(exit.cause)
    }
    this.#slabs.filled(slab)
    if (!isDivided) return []
    return [...new Set(waiters.map(({ part }) => part))].map((part) => {
      const alone = reads(slab, part, part + 1)
      alone.waiters.push(...waiters.filter((waiter) => waiter.part === part))
      return alone
    })
  }
}

/** The parts are on their way now. */
const reads = (slab: Slab, from: number, to: number): Reading => {
  const reading: Reading = { slab, from, to, waiters: [] }
  for (let part = from; part < to; part++) slab.parts[part] = reading
  return reading
}

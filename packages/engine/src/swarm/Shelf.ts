/**
 * What is served, kept in slabs that are read ahead: one shelf for all torrents of a session.
 *
 * What is here is had at once, without an effect; whoever wants the same at the same time waits for one read. Invariants: nothing but pieces that are stored is read, and
 * nothing twice while it is here; a block that was lent stays as it is until it is given back; what a read that failed was for is told to whoever waits, and is
 * not here. Where half of the memory is lent, blocks are copies: peers that read slowly keep nobody from theirs. What is read ahead takes from nobody what was wanted.
 */
import { Geometry, PieceHead } from "@unchoke/protocol"
import { Effect, Exit, type Scope, Semaphore } from "effect"
import { type Lent, Loan } from "./Loan.ts"
import type { StoredTorrent } from "../storage/PieceStore.ts"
import type { StorageError } from "../storage/StorageError.ts"
import { SlabLayout } from "./SlabLayout.ts"
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
    this.#reads = Semaphore.makeUnsafe(this.#slabs.reads)
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

  /** How many bytes one should want at a time, so that there is as much for all others. */
  get share(): number {
    return this.#slabs.share
  }

  /**
   * Lends the messages with these blocks to `send` until it has succeeded: then they have to have left this program. What is not here is read before; fails with what the disk
   * said of any of it. What is wanted `next` is read meanwhile, where there is room, and nobody waits for that.
   */
  readonly use = <A, E, R>(
    wanted: ReadonlyArray<Wanted>,
    send: (messages: ReadonlyArray<Uint8Array>) => Effect.Effect<A, E, R>,
    next: ReadonlyArray<Wanted> = [],
  ): Effect.Effect<A, E | StorageError, R> =>
    Effect.uninterruptibleMask((restore) => {
      const loan = new Loan(this.#slabs)
      const due = this.#fulfil(loan, wanted)
      this.#expect(next, due)
      const sending = Effect.suspend(() => send(loan.messages))
      const all = loan.isComplete ? sending : Effect.andThen(loan.complete, sending)
      const used = Effect.onExit(restore(all), (exit) =>
        Effect.sync(Exit.isSuccess(exit) ? loan.giveBack : loan.abandon),
      )
      if (due.length === 0) return used
      // Detached: whoever else waits for these reads by then must not lose them with us.
      const reading = Effect.forEach(
        this.#together(due),
        (some) => Effect.forkDetach(this.#read(some), { startImmediately: true }),
        { discard: true },
      )
      return Effect.andThen(reading, used)
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
  #fulfil(loan: Loan, wanted: ReadonlyArray<Wanted>): Array<Reading> {
    const due: Array<Reading> = []
    for (let place = 0; place < wanted.length; place++) {
      const one = wanted[place]!
      if (!this.#layout.isBlock(one)) {
        this.#compose(loan, place, one, due)
        continue
      }
      const { begin, length, piece } = one
      const at = this.#layout.placeOf(piece, begin)
      const slab = this.#slabAt(piece, begin)
      if (slab.parts[this.#layout.partOf(piece)] === "here") loan.put(place, slab, at - PieceHead.size, at + length)
      else this.#awaitBlock(loan, place, slab, one, due)
    }
    return due
  }

  /** A range that is no block is a message by itself. */
  #compose(loan: Loan, place: number, { begin, length, piece }: Wanted, due: Array<Reading>): void {
    const message = new Uint8Array(PieceHead.size + length)
    PieceHead.write(new DataView(message.buffer), 0, piece, begin, length)
    loan.putOwn(place, message)
    for (let done = 0; done < length;) {
      const [from, to] = [begin + done, PieceHead.size + done]
      const count = Math.min(length - done, Geometry.blockSize - (from % Geometry.blockSize))
      const at = this.#layout.placeOf(piece, from)
      const slab = this.#slabAt(piece, from)
      const copy = () => message.set(slab.memory!.bytes.subarray(at, at + count), to)
      if (slab.parts[this.#layout.partOf(piece)] === "here") copy()
      else this.#await(loan, slab, piece, due, copy)
      done += count
    }
  }

  #slabAt(piece: number, begin: number): Slab {
    const slab = this.#slabOf(piece, begin)
    this.#slabs.touch(slab)
    return slab
  }

  #slabOf(piece: number, begin: number): Slab {
    const index = this.#layout.slabOf(piece, begin)
    return this.#found.get(index) ?? new Slab(this.#found, index, this.#layout.partsOf(index))
  }

  #awaitBlock(loan: Loan, place: number, slab: Slab, { begin, length, piece }: Wanted, due: Array<Reading>): void {
    const at = this.#layout.placeOf(piece, begin)
    this.#await(loan, slab, piece, due, () => loan.put(place, slab, at - PieceHead.size, at + length))
  }

  /** Of a slab in which the piece is not here. */
  #await(loan: Loan, slab: Slab, piece: number, due: Array<Reading>, use: () => void): void {
    const part = this.#layout.partOf(piece)
    const state = slab.parts[part] as Reading | undefined
    const reading = state ?? this.#begin(slab, part)
    if (reading !== state) due.push(reading)
    reading.waiters.push(loan.waiter(part, use))
  }

  #expect(wanted: ReadonlyArray<Wanted>, due: Array<Reading>): void {
    let last = -1
    for (const { begin, piece } of wanted) {
      const index = this.#layout.slabOf(piece, begin)
      if (index === last) continue
      last = index
      const part = this.#layout.partOf(piece)
      if (this.#found.get(index)?.parts[part] !== undefined) continue
      const slab = this.#slabOf(piece, begin)
      if (slab.isAhead || this.#slabs.expect(slab)) due.push(this.#begin(slab, part))
    }
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

  /** Those that follow each other in the torrent are one read. */
  #together(due: ReadonlyArray<Reading>): ReadonlyArray<ReadonlyArray<Reading>> {
    const most = this.#slabs.together
    const groups: Array<Array<Reading>> = []
    for (const reading of due) {
      const group = groups.at(-1)
      const last = group?.at(-1)
      const end = last === undefined ? -1 : this.#layout.endOf(last.slab.index, last.to - 1)
      const start = this.#layout.startOf(reading.slab.index, reading.from)
      if (group !== undefined && group.length < most && start === end) group.push(reading)
      else groups.push([reading])
    }
    return groups
  }

  #read(together: ReadonlyArray<Reading>): Effect.Effect<void> {
    const [{ from, slab, to }] = together as readonly [Reading]
    const piece = this.#layout.pieceOf(slab.index, from)
    const read = Effect.suspend(() => {
      const into: Array<Uint8Array> = []
      for (const reading of together) this.#prepare(reading, into)
      return this.#torrent.read(piece, this.#layout.beginOf(slab.index), into)
    })
    const isAlone = together.length === 1 && to - from === 1
    return Effect.exit(isAlone ? Effect.tapError(read, (error) => this.#torrent.failed(piece, error)) : read).pipe(
      Effect.map((exit) => together.flatMap((reading) => this.#end(reading, isAlone, exit))),
      Semaphore.withPermit(this.#reads),
      Effect.flatMap(Effect.forEach((again) => this.#read([again]), { discard: true })),
    )
  }

  /** Writes the heads of what is going to be read, and adds where it goes. */
  #prepare({ from, slab, to }: Reading, into: Array<Uint8Array>): void {
    const memory = this.#slabs.fill(slab)
    for (let part = from; part < to; part++) {
      this.#layout.eachBlock(slab.index, part, (piece, begin, length) => {
        into.push(memory.prepare(piece, begin, this.#layout.placeOf(piece, begin), length))
      })
    }
  }

  /** Returns what has to be read anew. */
  #end(
    { from, slab, to, waiters }: Reading,
    isAlone: boolean,
    exit: Exit.Exit<void, StorageError>,
  ): ReadonlyArray<Reading> {
    const isHere = Exit.isSuccess(exit)
    slab.parts.fill(isHere ? "here" : undefined, from, to)
    if (isHere) for (const { ready } of waiters) ready()
    // What is wrong with one piece is not its neighbours' fault: each that is wanted is read by itself.
    if (!isHere && isAlone) {
      this.#slabs.forget(slab)
      for (const { failed } of waiters) failed(exit.cause)
    }
    this.#slabs.filled(slab)
    if (isHere || isAlone) return []
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

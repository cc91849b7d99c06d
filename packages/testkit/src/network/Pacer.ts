/**
 * One direction of a node's line to the network: so many bytes a second, shared fairly among those who have something to send.
 *
 * They take turns, a quantum each. Invariants: while somebody has something the line is never idle, and never carries more than its rate; whoever waits is in the row once.
 */
import type { Agenda } from "./Agenda.ts"

export type Chunks = ReadonlyArray<Uint8Array>

/** Something that has bytes for a line. */
export interface Cargo {
  /** The next chunks, of at most so many bytes together; none when there is nothing now. */
  readonly take: (most: number) => Chunks
  /** They have passed the line at this time. */
  readonly passed: (chunks: Chunks, time: number) => void
}

/** A turn lasts this many milliseconds, but not longer than this many bytes take, and not shorter than a packet. */
const turn = 50
const mostBytes = 65_536
const fewestBytes = 1460

export class Pacer {
  /** Bytes that have passed. */
  carried = 0
  readonly #agenda: Agenda
  /** Bytes a millisecond. */
  readonly #rate: number
  readonly #quantum: number
  readonly #row = new Set<Cargo>()
  #busy = false

  /** `rate` in bytes a second. */
  constructor(agenda: Agenda, rate: number) {
    this.#agenda = agenda
    this.#rate = rate / 1000
    this.#quantum = Math.round(Math.min(mostBytes, Math.max(fewestBytes, this.#rate * turn)))
  }

  /** The cargo has something, since this time at the latest. */
  offer(cargo: Cargo, time: number): void {
    this.#row.add(cargo)
    if (!this.#busy) this.#next(time)
  }

  #next(time: number): void {
    for (const cargo of this.#row) {
      this.#row.delete(cargo)
      const chunks = cargo.take(this.#quantum)
      if (chunks.length === 0) continue
      const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
      this.#busy = true
      this.#agenda.at(time + bytes / this.#rate, (done) => {
        this.carried += bytes
        cargo.passed(chunks, done)
        this.#row.add(cargo)
        this.#next(done)
      })
      return
    }
    this.#busy = false
  }
}

/**
 * What happens when in a simulated network: plain callbacks in the order of their times, and of their making where those are the same.
 *
 * Times are exact, in milliseconds; they are visited at multiples of the grain, so that a busy network costs one wake-up of the clock a grain, and not one a packet. What is due at such a moment happens in order
 * with the time that it was due at, so nothing drifts. Invariants: the clock is asked to wake us at each moment once; nothing happens within a call of `at`; `now` never goes back, though a clock may be set back,
 * and a timer may ring before the clock shows its time: what is sent later would arrive earlier.
 */
import { Heap } from "./Heap.ts"

export class Agenda {
  readonly #clock: () => number
  readonly #wake: (inMillis: number, ring: () => void) => void
  readonly #grain: number
  readonly #heap = new Heap<(time: number) => void>()
  readonly #alarms = new Set<number>()
  readonly #settling = new Set<() => void>()
  #ringing = false
  #latest = -Infinity

  /** `wake` runs the callback after so many milliseconds, never at once. */
  constructor(clock: () => number, wake: (inMillis: number, ring: () => void) => void, grain: number) {
    this.#clock = clock
    this.#wake = wake
    this.#grain = grain
  }

  get now(): number {
    if (!this.#ringing) this.#latest = Math.max(this.#latest, this.#clock())
    return this.#latest
  }

  at(time: number, act: (time: number) => void): void {
    this.#heap.push(time, act)
    if (!this.#ringing) this.#setAlarm(time)
  }

  /** From within what happens: runs this once when everything else that is due has happened. */
  afterwards(act: () => void): void {
    this.#settling.add(act)
  }

  #setAlarm(time: number): void {
    const now = this.#clock()
    const moment = Math.max(now, Math.ceil(time / this.#grain) * this.#grain)
    if (this.#alarms.has(moment)) return
    this.#alarms.add(moment)
    this.#wake(moment - now, () => this.#ring(moment))
  }

  #ring(moment: number): void {
    this.#alarms.delete(moment)
    this.#latest = Math.max(this.#latest, moment)
    this.#ringing = true
    for (let next = this.#heap.nextTime; next !== undefined && next <= moment; next = this.#heap.nextTime) {
      this.#heap.pop()(next)
    }
    const settling = [...this.#settling]
    this.#settling.clear()
    for (const act of settling) act()
    this.#ringing = false
    const next = this.#heap.nextTime
    if (next !== undefined) this.#setAlarm(next)
  }
}

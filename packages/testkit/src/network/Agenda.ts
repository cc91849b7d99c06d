/**
 * What happens when in a simulated network: plain callbacks in the order of their times, and of their making where those are the same.
 *
 * Times are exact, in milliseconds; they are visited at multiples of the grain, so that a busy network costs one wake-up of the clock a grain, and not one a packet. What is due at such a moment happens in order
 * with the time that it was due at, so nothing drifts. Invariants: the clock is asked to wake us at each moment once; nothing happens within a call of `at`.
 */

interface Entry {
  readonly time: number
  readonly order: number
  readonly act: (time: number) => void
}

export class Agenda {
  readonly #clock: () => number
  readonly #wake: (inMillis: number, ring: () => void) => void
  readonly #grain: number
  /** A binary heap, the next one first. */
  readonly #heap: Array<Entry> = []
  readonly #alarms = new Set<number>()
  readonly #settling = new Set<() => void>()
  #order = 0
  #ringing: number | undefined

  /** `wake` runs the callback after so many milliseconds, never at once. */
  constructor(clock: () => number, wake: (inMillis: number, ring: () => void) => void, grain: number) {
    this.#clock = clock
    this.#wake = wake
    this.#grain = grain
  }

  get now(): number {
    return this.#ringing ?? this.#clock()
  }

  at(time: number, act: (time: number) => void): void {
    this.#push({ time, order: this.#order++, act })
    if (this.#ringing === undefined) this.#setAlarm(time)
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
    this.#ringing = moment
    for (let next = this.#heap[0]; next !== undefined && next.time <= moment; next = this.#heap[0]) {
      this.#pop()
      next.act(next.time)
    }
    const settling = [...this.#settling]
    this.#settling.clear()
    for (const act of settling) act()
    this.#ringing = undefined
    if (this.#heap[0] !== undefined) this.#setAlarm(this.#heap[0].time)
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (!before(entry, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    const size = heap.length
    if (size === 0) return
    let at = 0
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

const before = (a: Entry, b: Entry): boolean => a.time < b.time || (a.time === b.time && a.order < b.order)

/** What is due next comes first: in the order of the times, and of coming in where those are the same. A binary heap. */

interface Entry<A> {
  readonly time: number
  readonly order: number
  readonly value: A
}

export class Heap<A> {
  readonly #entries: Array<Entry<A>> = []
  #order = 0

  /** When the next one is due. */
  get nextTime(): number | undefined {
    return this.#entries[0]?.time
  }

  push(time: number, value: A): void {
    const entries = this.#entries
    const entry = { time, order: this.#order++, value }
    let at = entries.length
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (!before(entry, entries[parent]!)) break
      entries[at] = entries[parent]!
      at = parent
    }
    entries[at] = entry
  }

  /** Takes the next one out; there has to be one. */
  pop(): A {
    const entries = this.#entries
    const first = entries[0]!
    const last = entries.pop()!
    const size = entries.length
    if (size === 0) return first.value
    let at = 0
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && before(entries[child + 1]!, entries[child]!)) child++
      if (!before(entries[child]!, last)) break
      entries[at] = entries[child]!
      at = child
    }
    entries[at] = last
    return first.value
  }
}

const before = <A>(a: Entry<A>, b: Entry<A>): boolean => a.time < b.time || (a.time === b.time && a.order < b.order)

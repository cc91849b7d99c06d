/** Chance that is the same on every machine: the layouts of a benchmark are shuffled by their number. */

/** Numbers in [0, 1) from a seed (mulberry32). */
export const random = (seed: number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The same things in another order. */
export const shuffled = <A>(things: ReadonlyArray<A>, next: () => number): ReadonlyArray<A> => {
  const order = things.map((thing) => ({ thing, at: next() }))
  return order.toSorted((a, b) => a.at - b.at).map(({ thing }) => thing)
}

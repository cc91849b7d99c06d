/** Nodes of a simulated DHT: as they are after some hours, where they would like to be, and a chance that repeats. */
import { type Endpoint, Id, type Node, Random } from "@unchoke/dht/internal"

/** A node of a simulated DHT. */
export interface Inhabitant {
  readonly endpoint: Endpoint.Endpoint
  readonly node: Node
  readonly isLiar: boolean
  /** When it is called next. */
  dueAt: number
}

/** Fills everybody's table as it would be after some hours: of each bucket as many as there is room for, at random. */
export const acquaint = (
  inhabitants: ReadonlyArray<{ readonly endpoint: Endpoint.Endpoint; readonly node: Node }>,
  now: number,
  chance: Random,
): void => {
  const all = inhabitants.toSorted((a, b) => (a.node.id < b.node.id ? -1 : 1))
  for (const { node } of all) {
    let from = 0
    let to = all.length
    for (let bit = 0; bit < Id.bits && to - from > 1; bit++) {
      let middle = from
      for (let high = to; middle < high;) {
        const half = (middle + high) >>> 1
        if (bitOf(all[half]!.node.id, bit) === 0) middle = half + 1
        else high = half
      }
      const isOne = bitOf(node.id, bit) === 1
      const [start, end] = isOne ? [from, middle] : [middle, to]
      for (let i = 0; i < Math.min(12, end - start); i++) {
        const other = end - start <= 12 ? all[start + i]! : all[start + chance.below(end - start)]!
        node.table.answered({ id: other.node.id, endpoint: other.endpoint }, now)
      }
      if (isOne) from = middle
      else to = middle
    }
  }
}

/** Of the ids that an address may have (BEP 42), one that is as near to the target as possible: 8 prefixes of 21 bits, and all behind them is free. */
export const nearestValid = (endpoint: Endpoint.Endpoint, target: Id.Id, chance: Random): Id.Id => {
  let nearest: Id.Id | undefined
  for (let tries = 0; tries < 64; tries++) {
    const chosen = Id.toBytes(Id.fromAddress(endpoint, chance))
    const wanted = Id.toBytes(target)
    wanted.set(chosen.subarray(0, 2))
    wanted[2] = (chosen[2]! & 0xf8) | (wanted[2]! & 7)
    wanted[19] = chosen[19]!
    const id = Id.fromBytes(wanted)!
    if (nearest === undefined || Id.compare(target, id, nearest) < 0) nearest = id
  }
  return nearest!
}

const bitOf = (id: Id.Id, bit: number): number => (id.charCodeAt(bit >> 3) >> (7 - (bit & 7))) & 1

/** Chance that a seed repeats (xorshift). */
export const seeded = (seed: number): Random => {
  let state = (seed ^ 0x9e3779b9) | 1
  return new Random((length) => {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      bytes[i] = state >>> 11
    }
    return bytes
  })
}

/** Numbers about numbers. */

/** The middle, and how far the runs were apart. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** Half of the values are below it; between the two in the middle where their number is even. `NaN` of none. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1
    ? upper
    : upper === Infinity
      ? Infinity
      : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export const spread = (values: ReadonlyArray<number>): Spread => ({
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
})

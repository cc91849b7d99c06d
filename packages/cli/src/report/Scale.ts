/**
 * Where a moment lies on the axis of time, which is as wide as the survey was long: by the square root, so that the milliseconds of a connect can be seen beside the minute in which somebody did not
 * unchoke us.
 */
import * as Units from "../render/units.ts"

/** From 0 to 1. */
export const at = (moment: number, took: number): number => Math.sqrt(Math.min(1, moment / Math.max(least, took)))

/** A survey that was over at once has an axis as well, in milliseconds. */
const least = 1

export interface Tick {
  readonly at: number
  readonly text: string
  /** There is room for it only where the axis is wide. */
  readonly isMinor: boolean
}

/** Between two ticks, of the whole axis: where that is wide, and on any. */
const leastApart = 0.09
const farApart = 0.2

const moments = [
  0, 1, 5, 20, 50, 100, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
  3_600_000,
]

/** Round moments that leave room for their words; two at least, or nobody could read the scale. */
export const ticks = (took: number): ReadonlyArray<Tick> => {
  const kept: Array<Tick> = []
  const end = Math.max(least, took)
  let major = -1
  for (const moment of moments) {
    const place = at(moment, took)
    if (moment > end || place - (kept.at(-1)?.at ?? -1) < leastApart) continue
    const isMinor = place - major < farApart
    if (!isMinor) major = place
    kept.push({ at: place, text: textOf(moment), isMinor })
  }
  if (kept.length < 2) kept.push({ at: 1, text: textOf(end), isMinor: false })
  return kept
}

const textOf = (moment: number): string =>
  moment === 0 ? "0" : moment < 100 ? Units.latency(moment) : Units.round(moment)

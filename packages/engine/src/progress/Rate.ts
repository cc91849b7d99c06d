/**
 * Bytes a second: a mean over the last few seconds, as a fold. Times are in milliseconds, by a clock that nobody sets.
 *
 * Bytes are told once a second or so, so what is told has come since the time before, and counts for all of that. Invariant: of what comes evenly the rate is the same at any time, whenever that is told.
 */

/** What was told, the last of it at the end. */
export type Rate = ReadonlyArray<Report>

interface Report {
  /** It has come from then on, until then. */
  readonly from: number
  readonly to: number
  readonly bytes: number
  /** When the first of it was told. */
  readonly toldAt: number
}

/** The mean is over so many milliseconds. */
const usual = 5000

/** What is told within so many milliseconds is told at once, of each peer by itself as a rule: before that it is a part. */
const atOnce = 250

/** What comes is told within so many milliseconds: a second, half of one later at most, and some until all of it is told. Until then it is not known whether anything does. */
const toldWithin = 1900

export const none: Rate = []

/** `over` so many milliseconds it is asked for at most. */
export const add = (self: Rate, bytes: number, now: number, over = usual): Rate => {
  const last = self.at(-1)
  if (last !== undefined && now - last.toldAt < atOnce)
    return [...self.slice(0, -1), { ...last, to: now, bytes: last.bytes + bytes }]
  const from = Math.max(now - toldWithin, last?.to ?? -Infinity)
  return [...self.filter(({ to }) => to > now - over - toldWithin), { from, to: now, bytes, toldAt: now }]
}

/** The rate now, of something that began at a time, as a mean `over` the last so many milliseconds. */
export const at = (self: Rate, began: number | undefined, now: number, over = usual): number => {
  const known = self.length > 1 && now - self.at(-1)!.toldAt < atOnce ? self.slice(0, -1) : self
  const last = known.at(-1)
  if (began === undefined || last === undefined) return 0
  const end = Math.max(last.to, now - toldWithin)
  const start = Math.max(end - over, began)
  const sum = known.reduce((sum, { bytes, from, to }) => sum + bytes * partBehind(start, Math.max(from, began), to), 0)
  return (sum * 1000) / Math.max(100, end - start)
}

/** Which part of a span lies behind a time. */
const partBehind = (time: number, from: number, to: number): number =>
  time <= from ? 1 : time >= to ? 0 : (to - time) / (to - from)

/** Bytes a second: a mean over the last few seconds, as a fold. Times are in milliseconds, by a clock that nobody sets. */

export type Rate = ReadonlyArray<{ readonly at: number; readonly bytes: number }>

/** The mean is over so many milliseconds. */
const window = 5000

export const none: Rate = []

export const add = (self: Rate, bytes: number, now: number): Rate => [
  ...self.filter(({ at }) => at > now - window),
  { at: now, bytes },
]

/** The rate now, of something that began at a time. */
export const at = (self: Rate, began: number | undefined, now: number): number => {
  if (began === undefined) return 0
  const sum = self.reduce((sum, { at, bytes }) => (at > now - window ? sum + bytes : sum), 0)
  return (sum * 1000) / Math.max(100, Math.min(window, now - began))
}

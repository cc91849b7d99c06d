/** Sizes, rates and times as people read them. */

const sizes = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]

/** "1.03 GiB": three digits. */
export const bytes = (amount: number): string => inUnits(amount, (value, digits) => Number(value.toFixed(digits)))

/** "1.02 GiB of 1.03 GiB": the part is rounded down, so it looks like the whole only when it is. */
export const bytesOf = (part: number, whole: number): string =>
  `${part >= whole ? bytes(whole) : inUnits(part, (value, digits) => Math.floor(value * 10 ** digits) / 10 ** digits)} of ${bytes(whole)}`

const inUnits = (amount: number, rounded: (value: number, digits: number) => number): string => {
  let unit = 0
  let value = amount
  while (unit < sizes.length - 1 && (unit === 0 ? value >= 1024 : value >= 999.5)) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? Math.round(value) : rounded(value, digitsOf(value))} ${sizes[unit]}`
}

/** "33.4 MiB/s". */
export const rate = (bytesPerSecond: number): string => `${bytes(bytesPerSecond)}/s`

/** "23 ms", "0.4 s", "41 s", "3 min 20 s", "2 h 5 min", "3 days 4 h". */
export const span = (milliseconds: number): string =>
  milliseconds < 99.5
    ? `${Math.round(milliseconds)} ms`
    : milliseconds < 9950
      ? `${(milliseconds / 1000).toFixed(1)} s`
      : seconds(milliseconds)

/** The same without fractions. At least "1 s". */
export const seconds = (milliseconds: number): string => {
  const whole = Math.max(1, Math.round(milliseconds / 1000))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  const minutes = Math.round(whole / 60)
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  const hours = Math.round(minutes / 60)
  const days = Math.floor(hours / 24)
  return `${days} ${days === 1 ? "day" : "days"} ${hours % 24} h`
}

/** What is only foreseen, as exactly as that can be: "8 s", "45 s", "3 min 20 s", "47 min", "2 h 10 min", "3 days 4 h". */
export const foreseen = (milliseconds: number): string => {
  const [, step] = grains.find(([below]) => milliseconds < below) ?? [Infinity, 3_600_000]
  return round(Math.max(1000, Math.round(milliseconds / step) * step))
}

/** Below so many milliseconds it is told in steps of so many. */
const grains: ReadonlyArray<readonly [below: number, step: number]> = [
  [20_000, 1000],
  [60_000, 5000],
  [600_000, 10_000],
  [7_200_000, 60_000],
  [86_400_000, 600_000],
]

/** How long somebody waits: "3.5 s", "45 s", "2 min". */
export const wait = (milliseconds: number): string =>
  milliseconds < 60_000 ? `${Math.round(milliseconds / 100) / 10} s` : seconds(milliseconds).replace(" min 0 s", " min")

/** A span that somebody has chosen: "90 s" is "1 min 30 s", "2h" is "2 h". */
export const round = (milliseconds: number): string =>
  milliseconds < 60_000 ? wait(milliseconds) : seconds(milliseconds).replace(/(?<=\D) 0 (s|min|h)$/, "")

/** How long a peer took: "23 ms", "1.2 s". */
export const latency = (milliseconds: number): string =>
  milliseconds < 999.5 ? `${Math.round(milliseconds)} ms` : span(milliseconds)

/** "43.2 %"; 100 only when it is all. */
export const percent = (part: number, whole: number): string => {
  if (whole === 0 || part >= whole) return "100 %"
  return `${Math.min(99.9, (part / whole) * 100).toFixed(1)} %`
}

/** Behind the point, so that there are three in all: 999.6 would have four. */
const digitsOf = (value: number): number => (value < 9.995 ? 2 : value < 99.95 ? 1 : 0)

/** "0.75": rounded down, so that a goal looks reached only when it is. */
export const ratio = (times: number): string => (Math.floor(times * 100 + 1e-9) / 100).toFixed(2)

/** "0.80 copies", "1 copy": rounded down likewise. */
export const copies = (amount: number): string => (amount === 1 ? "1 copy" : `${ratio(amount)} copies`)

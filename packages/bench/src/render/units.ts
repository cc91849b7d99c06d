/** Numbers for people. */
import { MiB } from "../Shape.ts"

/** Three digits or so: "83 ms", "0.21 s", "1.74 s", "21.3 s"; endless is "–". */
export const seconds = (value: number): string => {
  if (!Number.isFinite(value)) return "–"
  if (value < 0.1) return `${(value * 1000).toFixed(0)} ms`
  return `${value.toFixed(value < 10 ? 2 : 1)} s`
}

export const mebibytes = (bytes: number): string => (bytes / MiB).toFixed(0)

/** "1.00 ×", "12.3 ×"; endless is "–". */
export const times = (ratio: number): string =>
  Number.isFinite(ratio) ? `${ratio.toFixed(ratio < 10 ? 2 : 1)} ×` : "–"

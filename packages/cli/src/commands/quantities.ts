/** Numbers with units, as people type them. */
import { Duration, Option } from "effect"

const day = 24 * 60 * 60 * 1000

/** "500ms", "5s", "2m", "1m30s", "1h", "2d"; a number alone is seconds. More than none, and at most `most` milliseconds (a day). */
export const durationFromText = (text: string, most: number = day): Option.Option<Duration.Duration> => {
  const compact = text.replaceAll(" ", "")
  const inSeconds = /^[\d.]+$/.test(compact) ? `${compact}s` : compact
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/.exec(inSeconds)
  if (parts === null) return Option.none()
  const [days = 0, hours = 0, minutes = 0, seconds = 0, millis = 0] = parts.slice(1).map((part) => Number(part ?? 0))
  const sum = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + millis
  return sum > 0 && sum <= most ? Option.some(Duration.millis(sum)) : Option.none()
}

/** A longer one is as good as none. */
export const longestSeeding = 365 * day

const powers = { "": 0, K: 1, M: 2, G: 3 }

/**
 * "1048576", "500KiB", "10 MiB", "1.5GiB", "500kB", "10MB", "500K" (KiB): whole bytes, rounded up. A "b" is none of ours: by that people mean bits.
 */
export const bytesFromText = (text: string): Option.Option<number> => {
  const parts = /^(\d+(?:\.\d+)?) ?(?:([kKMG])(iB|i|B)?|B)?$/.exec(text.trim())
  if (parts === null) return Option.none()
  const [, amount, letter = "", rest] = parts
  const unit = (rest === "B" ? 1000 : 1024) ** powers[letter.toUpperCase() as keyof typeof powers]
  const bytes = Math.ceil(Number(amount) * unit)
  return Number.isSafeInteger(bytes) ? Option.some(bytes) : Option.none()
}

/** A whole number in digits. */
export const wholeFromText =
  (least: number, most: number) =>
  (text: string): Option.Option<number> =>
    Option.filter(Option.some(Number(text)), (whole) => /^\d{1,15}$/.test(text) && whole >= least && whole <= most)

/** "1.5", "2": more than nothing. */
export const ratioFromText = (text: string): Option.Option<number> =>
  Option.filter(Option.some(Number(text)), (ratio) => /^\d{1,9}(?:\.\d+)?$/.test(text) && ratio > 0)

/** The fields of HTTP responses that say which part of a file is there, and when to come again (RFC 9110). Whatever is not as it should be says nothing. */

/** Bytes `first` to `last`, both included, of `length` in all, where that is known. */
export interface ContentRange {
  readonly first: number
  readonly last: number
  readonly length: number | undefined
}

/** `Content-Range: bytes 0-499/1234`. */
export const contentRange = (text: string): ContentRange | undefined => {
  const parts = /^bytes[ \t]*=?[ \t]*(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(text.trim())
  if (parts === null) return undefined
  const [first, last] = [Number(parts[1]), Number(parts[2])]
  const length = parts[3] === "*" ? undefined : Number(parts[3])
  return first > last || (length !== undefined && last >= length) ? undefined : { first, last, length }
}

/** How many bytes there are in all, when none of those that were asked for is there (416): `Content-Range` has a star in the place of the range. */
export const lengthBehindRange = (text: string): number | undefined => {
  const parts = /^bytes[ \t]*\*\/(\d{1,15})$/i.exec(text.trim())
  return parts === null ? undefined : Number(parts[1])
}

/** `Retry-After: 120`, or a date; in milliseconds from `now` (milliseconds since 1970), never less than 0. */
export const retryAfter = (text: string, now: number): number | undefined => {
  const value = text.trim()
  if (/^\d{1,10}$/.test(value)) return Number(value) * 1000
  // Dates alone: `Date.parse` reads numbers and much else.
  const date = /^[a-z]{3,9}, .*\d\d:\d\d:\d\d/i.test(value) && value.length < 64 ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

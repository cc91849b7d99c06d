/**
 * UTF-8 from outside: what is not valid is repaired as libtorrent does, so that a name looks the same in both clients.
 *
 * Every malformed sequence becomes one `_`. A lead byte decides how many bytes its sequence swallows, whatever they are; a sequence that is cut off
 * by the end swallows the rest. Overlong forms and surrogates are malformed, so no byte sequence decodes to a character that it does not stand for.
 */

/** A text, and whether anything in its bytes had to be repaired. */
export interface Decoded {
  readonly text: string
  readonly repaired: boolean
}

/** Reads UTF-8 from a run of bytes, replacing each malformed sequence by `_`. A byte order mark is kept. Linear in time and memory. */
export const decode = (bytes: Uint8Array, start = 0, end = bytes.length): Decoded => {
  let text = ""
  let repaired = false
  let filled = 0
  for (let at = start; at < end;) {
    if (filled > units.length - 2) {
      text += flush(filled)
      filled = 0
    }
    const lead = bytes[at]!
    if (lead < 0x80) {
      units[filled++] = lead
      at++
      continue
    }
    const length = sequenceLength(lead)
    const point = codePoint(bytes, at, length, end)
    at += length
    if (point < 0) {
      repaired = true
      units[filled++] = underscore
    } else if (point < 0x10000) {
      units[filled++] = point
    } else {
      units[filled++] = 0xd800 + ((point - 0x10000) >> 10)
      units[filled++] = 0xdc00 + ((point - 0x10000) & 0x3ff)
    }
  }
  return { text: text + flush(filled), repaired }
}

/** The text of some UTF-8, repaired. */
export const toText = (bytes: Uint8Array): string => decode(bytes).text

/** One character for each byte, 0 … 255: tells byte strings apart, whatever they hold. */
export const oneToOne = (bytes: Uint8Array): string => {
  let text = ""
  for (let at = 0; at < bytes.length; at += units.length) {
    text += String.fromCharCode(...bytes.subarray(at, at + units.length))
  }
  return text
}

/** The UTF-8 of a text; a lone surrogate is written as U+FFFD. */
export const fromText = (text: string): Uint8Array => {
  const bytes = new Uint8Array(byteLength(text))
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const point = pointAt(text, i)
    if (point < 0x80) {
      bytes[at++] = point
    } else if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6)
      bytes[at++] = 0x80 | (point & 0x3f)
    } else if (point < 0x10000) {
      bytes[at++] = 0xe0 | (point >> 12)
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f)
      bytes[at++] = 0x80 | (point & 0x3f)
    } else {
      i++
      bytes[at++] = 0xf0 | (point >> 18)
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f)
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f)
      bytes[at++] = 0x80 | (point & 0x3f)
    }
  }
  return bytes
}

/** How many bytes the UTF-8 of a text takes. */
export const byteLength = (text: string): number => {
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const point = pointAt(text, i)
    length += encodedLength(point)
    if (point >= 0x10000) i++
  }
  return length
}

/** How many bytes the UTF-8 of one code point takes. */
export const encodedLength = (point: number): number => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4)

const underscore = 0x5f

// Text is put together in runs of this many UTF-16 units: one string per unit would cost dozens of bytes for each.
const units: Array<number> = Array.from({ length: 4096 }, () => 0)

const flush = (filled: number): string => String.fromCharCode(...units.slice(0, filled))

/** How many bytes the sequence that this byte leads is taken to have; no valid one has five. */
const sequenceLength = (lead: number): number => {
  if (lead >> 5 === 0b110) return 2
  if (lead >> 4 === 0b1110) return 3
  if (lead >> 3 === 0b11110) return 4
  if (lead >> 2 === 0b111110) return 5
  return 1
}

/** The code point of the sequence, or -1 where it is malformed. */
const codePoint = (bytes: Uint8Array, at: number, length: number, end: number): number => {
  if (length === 1 || length === 5 || at + length > end) return -1
  let point = bytes[at]! & (0xff >> (length + 1))
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i]!
    if (byte >> 6 !== 0b10) return -1
    point = (point << 6) | (byte & 0x3f)
  }
  const valid = point <= 0x10ffff && encodedLength(point) === length && (point < 0xd800 || point > 0xdfff)
  return valid ? point : -1
}

const pointAt = (text: string, i: number): number => {
  const point = text.codePointAt(i)!
  return point >= 0xd800 && point <= 0xdfff ? 0xfffd : point
}

/**
 * The guard in front of every bencoded byte from outside (BEP 3): it walks the bytes once, strictly, and builds nothing.
 *
 * What passes has the exact grammar and is within the limits. npm's `bencode` must see nothing else: `l-3:` makes it loop until memory is gone, it
 * recurses without limit, takes `i1.5e`, `ie`, leading zeros and truncated strings, loses precision above 2^53, lets the last of two equal keys count, and a
 * key `__proto__` replace a prototype. So the guard also finds what it must not see although every other client loads it, and `sanitizePrefix` leaves that
 * out: integers that are not safe, members whose key was there before, and that key. Keys may be in any order: real torrents have unsorted ones, and their
 * info hash is taken over the bytes as they stand.
 */
import { Bytes, Result } from "effect"
import * as Hex from "effect/encoding/Hex"
import * as Utf8 from "./Utf8.ts"

/** What was wrong. */
export type Rule =
  | "too large"
  | "too deep"
  | "too many values"
  | "ends too early"
  | "not a value"
  | "not an integer"
  | "leading zero"
  | "negative zero"
  | "integer beyond 2^53"
  | "not a string length"
  | "string longer than what is left"
  | "key is not a string"
  | "key too long"
  | "bytes after the end"

/** Why some bytes were refused: the rule and the byte at which it was broken. */
export interface BencodeFault {
  readonly offset: number
  readonly rule: Rule
}

/** What is too much. The defaults are libtorrent's. */
export interface Limits {
  /** Bytes of input. */
  readonly maxBytes: number
  /** Lists and dictionaries within each other. */
  readonly maxDepth: number
  /** Values and keys; each costs up to 350 bytes of memory once decoded. */
  readonly maxTokens: number
}

/** Enough for the largest torrents that there are. */
export const defaultLimits: Limits = { maxBytes: 32 * 1024 * 1024, maxDepth: 100, maxTokens: 3_000_000 }

/** Bytes of a key with its length prefix: the longest path of Linux, and no key known to the BEPs is longer than a file's name. */
export const maxKeyLength = 4096

/** Checks the value at the start of `bytes` and says where it ends; what follows is not looked at. */
export const scanPrefix = (bytes: Uint8Array, limits: Partial<Limits> = {}): Result.Result<number, BencodeFault> =>
  walk(bytes, limits, undefined)

/** Checks that `bytes` is one value and nothing else. */
export const scan = (bytes: Uint8Array, limits: Partial<Limits> = {}): Result.Result<number, BencodeFault> =>
  Result.flatMap(scanPrefix(bytes, limits), (end) =>
    end === bytes.length ? Result.succeed(end) : Result.fail({ offset: end, rule: "bytes after the end" }),
  )

/** The value at the start of `bytes`, which npm's `bencode` may see: as it stands, or a copy without what must not be seen. */
export const sanitizePrefix = (
  bytes: Uint8Array,
  limits: Partial<Limits> = {},
): Result.Result<{ readonly value: Uint8Array; readonly end: number }, BencodeFault> => {
  const dropped: Array<Span> = []
  return Result.flatMap(walk(bytes, limits, dropped), (end) =>
    dropped[0]?.start === 0
      ? Result.fail({ offset: 0, rule: "integer beyond 2^53" })
      : Result.succeed({ value: without(bytes.subarray(0, end), dropped), end }),
  )
}

interface Span {
  readonly start: number
  readonly end: number
}

const without = (bytes: Uint8Array, spans: ReadonlyArray<Span>): Uint8Array => {
  if (spans.length === 0) return bytes
  const kept: Array<Uint8Array> = []
  let at = 0
  for (const { end, start } of spans) {
    kept.push(bytes.subarray(at, start))
    at = end
  }
  kept.push(bytes.subarray(at))
  return Bytes.concat(kept)
}

interface Scan {
  readonly bytes: Uint8Array
  readonly maxDepth: number
  /** Where what must not be decoded stands, in order and apart from each other; `undefined` where nothing is decoded. */
  readonly dropped: Array<Span> | undefined
  /** How many tokens are left. */
  tokens: number
  rule: Rule | undefined
  offset: number
}

const walk = (
  bytes: Uint8Array,
  limits: Partial<Limits>,
  dropped: Array<Span> | undefined,
): Result.Result<number, BencodeFault> => {
  const { maxBytes, maxDepth, maxTokens } = { ...defaultLimits, ...limits }
  if (bytes.length > maxBytes) return Result.fail({ offset: maxBytes, rule: "too large" })
  const scan: Scan = { bytes, maxDepth, dropped, tokens: maxTokens, rule: undefined, offset: 0 }
  const end = value(scan, 0, 0)
  return scan.rule === undefined ? Result.succeed(end) : Result.fail({ offset: scan.offset, rule: scan.rule })
}

/** Marks a value, or a member with its key, as not to be decoded, instead of what was marked within. */
const drop = (dropped: Array<Span>, start: number, end: number): void => {
  while (dropped.length > 0 && dropped.at(-1)!.start >= start) dropped.pop()
  dropped.push({ start, end })
}

/** Where a rule was broken: no position, so that every loop stops. */
const nowhere = -1

const fail = (scan: Scan, offset: number, rule: Rule): number => {
  scan.rule = rule
  scan.offset = offset
  return nowhere
}

/** Where the value at `at` ends. Recursion is bounded by the depth limit. */
const value = (scan: Scan, at: number, depth: number): number => {
  const lead = scan.bytes[at]
  if (lead === undefined) return fail(scan, at, "ends too early")
  if (--scan.tokens < 0) return fail(scan, at, "too many values")
  if (isDigit(lead)) return string(scan, at)
  if (lead === letter.i) return integer(scan, at)
  if (lead !== letter.l && lead !== letter.d) return fail(scan, at, "not a value")
  if (depth === scan.maxDepth) return fail(scan, at, "too deep")
  return lead === letter.l ? list(scan, at, depth) : dictionary(scan, at, depth)
}

const list = (scan: Scan, start: number, depth: number): number => {
  let at = start + 1
  while (at !== nowhere && scan.bytes[at] !== letter.e) at = value(scan, at, depth + 1)
  return at === nowhere ? nowhere : at + 1
}

const dictionary = (scan: Scan, start: number, depth: number): number => {
  const { bytes, dropped } = scan
  const seen = dropped && new Set(["__proto__"])
  let at = start + 1
  while (bytes[at] !== letter.e) {
    const lead = bytes[at]
    if (lead === undefined) return fail(scan, at, "ends too early")
    if (!isDigit(lead)) return fail(scan, at, "key is not a string")
    if (--scan.tokens < 0) return fail(scan, at, "too many values")
    const keyEnd = string(scan, at)
    if (keyEnd === nowhere) return nowhere
    if (keyEnd - at > maxKeyLength) return fail(scan, at, "key too long")
    const end = value(scan, keyEnd, depth + 1)
    if (end === nowhere) return nowhere
    if (seen !== undefined) {
      const name = keyName(bytes, at, keyEnd)
      if (seen.has(name) || dropped!.at(-1)?.start === keyEnd) drop(dropped!, at, end)
      seen.add(name)
    }
    at = end
  }
  return at + 1
}

const integer = (scan: Scan, start: number): number => {
  const negative = scan.bytes[start + 1] === letter.minus
  const first = start + (negative ? 2 : 1)
  let at = first
  let value = 0
  for (; at < scan.bytes.length && isDigit(scan.bytes[at]!); at++) value = value * 10 + (scan.bytes[at]! - letter.zero)
  if (at === scan.bytes.length) return fail(scan, at, "ends too early")
  if (at === first || scan.bytes[at] !== letter.e) return fail(scan, at, "not an integer")
  if (scan.bytes[first] === letter.zero) {
    if (negative) return fail(scan, start, "negative zero")
    if (at > first + 1) return fail(scan, start, "leading zero")
  }
  if (scan.dropped !== undefined && value > Number.MAX_SAFE_INTEGER) drop(scan.dropped, start, at + 1)
  return at + 1
}

const string = (scan: Scan, start: number): number => {
  let at = start
  let length = 0
  for (; at < scan.bytes.length && isDigit(scan.bytes[at]!); at++) {
    length = length * 10 + (scan.bytes[at]! - letter.zero)
    if (length > scan.bytes.length) return fail(scan, start, "string longer than what is left")
  }
  if (at === scan.bytes.length) return fail(scan, at, "ends too early")
  if (scan.bytes[at] !== letter.colon) return fail(scan, at, "not a string length")
  if (scan.bytes[start] === letter.zero && at > start + 1) return fail(scan, start, "leading zero")
  const end = at + 1 + length
  return end > scan.bytes.length ? fail(scan, start, "string longer than what is left") : end
}

/**
 * The name under which npm's `bencode` will file a key: as UTF-8 without its byte order mark, or in hexadecimal where it is not UTF-8. Two keys that
 * differ in bytes can share one, so this is what tells whether a key was there before.
 */
const keyName = (bytes: Uint8Array, keyStart: number, end: number): string => {
  const start = bytes.indexOf(letter.colon, keyStart) + 1
  const { repaired, text } = Utf8.decode(bytes, start, end)
  if (repaired || text.includes("\ufffd")) return Hex.encode(bytes.subarray(start, end))
  return text.startsWith("\ufeff") ? text.slice(1) : text
}

const isDigit = (byte: number): boolean => byte >= letter.zero && byte <= 0x39

const letter = { i: 0x69, l: 0x6c, d: 0x64, e: 0x65, colon: 0x3a, minus: 0x2d, zero: 0x30 } as const

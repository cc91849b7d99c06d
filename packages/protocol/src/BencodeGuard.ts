/**
 * The guard in front of every bencoded byte from outside (BEP 3): it walks the bytes once, strictly, and builds nothing.
 *
 * What passes has the exact grammar, is within the limits, holds only safe integers, and no dictionary has a key twice or one that would reach an
 * object's prototype. npm's `bencode` must see nothing else: `l-3:` makes it loop until memory is gone, it recurses without limit, takes `i1.5e`, `ie`,
 * leading zeros, truncated strings, trailing bytes and duplicate keys, loses precision above 2^53, and lets a key `__proto__` replace a prototype.
 * Keys may be in any order: real torrents have unsorted ones, and their info hash is taken over the bytes as they stand.
 */
import { Result } from "effect"
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
  | "duplicate key"
  | "reserved key"
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

export const defaultLimits: Limits = { maxBytes: 32 * 1024 * 1024, maxDepth: 100, maxTokens: 3_000_000 }

/** Bytes of a key with its length prefix: the longest path of Linux, and no key known to the BEPs is longer than a file's name. */
export const maxKeyLength = 4096

/** Checks the value at the start of `bytes` and says where it ends; what follows is not looked at. */
export const scanPrefix = (bytes: Uint8Array, limits: Partial<Limits> = {}): Result.Result<number, BencodeFault> => {
  const { maxBytes, maxDepth, maxTokens } = { ...defaultLimits, ...limits }
  if (bytes.length > maxBytes) return Result.fail({ offset: maxBytes, rule: "too large" })
  const scan: Scan = { bytes, maxDepth, tokens: maxTokens, rule: undefined, offset: 0 }
  const end = value(scan, 0, 0)
  return scan.rule === undefined ? Result.succeed(end) : Result.fail({ offset: scan.offset, rule: scan.rule })
}

/** Checks that `bytes` is one value and nothing else. */
export const scan = (bytes: Uint8Array, limits: Partial<Limits> = {}): Result.Result<number, BencodeFault> =>
  Result.flatMap(scanPrefix(bytes, limits), (end) =>
    end === bytes.length ? Result.succeed(end) : Result.fail({ offset: end, rule: "bytes after the end" }),
  )

interface Scan {
  readonly bytes: Uint8Array
  readonly maxDepth: number
  /** How many tokens are left. */
  tokens: number
  rule: Rule | undefined
  offset: number
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
  const names = new Set<string>()
  let at = start + 1
  while (scan.bytes[at] !== letter.e) {
    const lead = scan.bytes[at]
    if (lead === undefined) return fail(scan, at, "ends too early")
    if (!isDigit(lead)) return fail(scan, at, "key is not a string")
    if (--scan.tokens < 0) return fail(scan, at, "too many values")
    const end = string(scan, at)
    if (end === nowhere) return nowhere
    if (end - at > maxKeyLength) return fail(scan, at, "key too long")
    const name = keyName(scan.bytes, at, end)
    if (name === "__proto__") return fail(scan, at, "reserved key")
    if (names.has(name)) return fail(scan, at, "duplicate key")
    names.add(name)
    at = value(scan, end, depth + 1)
    if (at === nowhere) return nowhere
  }
  return at + 1
}

const integer = (scan: Scan, start: number): number => {
  const negative = scan.bytes[start + 1] === letter.minus
  const first = start + (negative ? 2 : 1)
  let at = first
  let value = 0
  for (; at < scan.bytes.length && isDigit(scan.bytes[at]!); at++) {
    value = value * 10 + (scan.bytes[at]! - letter.zero)
    if (value > Number.MAX_SAFE_INTEGER) return fail(scan, start, "integer beyond 2^53")
  }
  if (at === scan.bytes.length) return fail(scan, at, "ends too early")
  if (at === first || scan.bytes[at] !== letter.e) return fail(scan, at, "not an integer")
  if (scan.bytes[first] === letter.zero) {
    if (negative) return fail(scan, start, "negative zero")
    if (at > first + 1) return fail(scan, start, "leading zero")
  }
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
 * differ in bytes can share one, so this is what must be unique.
 */
const keyName = (bytes: Uint8Array, keyStart: number, end: number): string => {
  const start = bytes.indexOf(letter.colon, keyStart) + 1
  const { repaired, text } = Utf8.decode(bytes, start, end)
  if (repaired || text.includes("\ufffd")) return Hex.encode(bytes.subarray(start, end))
  return text.startsWith("\ufeff") ? text.slice(1) : text
}

const isDigit = (byte: number): boolean => byte >= letter.zero && byte <= 0x39

const letter = { i: 0x69, l: 0x6c, d: 0x64, e: 0x65, colon: 0x3a, minus: 0x2d, zero: 0x30 } as const

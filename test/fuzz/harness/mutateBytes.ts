/** Changes to bytes of which nothing is known: the usual ones of fuzzers. */
import type { Random } from "./Random.ts"

/** Where changes take their material from. */
export interface Material {
  readonly random: Random
  readonly words: ReadonlyArray<Uint8Array>
  /** Another input, to take parts from. */
  readonly other: Uint8Array
  readonly maxLength: number
}

/** One to eight changes, one on top of the other. */
export const mutateBytes = (bytes: Uint8Array, material: Material): Uint8Array => {
  let changed = bytes
  for (let rounds = 1 << material.random.below(4); rounds > 0; rounds--) {
    changed = material.random.pick(changes)(changed, material)
  }
  return changed.length > material.maxLength ? changed.subarray(0, material.maxLength) : changed
}

/** `bytes` with `length` of them from `at` on replaced. */
export const spliced = (bytes: Uint8Array, at: number, length: number, by: Uint8Array): Uint8Array => {
  const end = Math.min(bytes.length, at + length)
  const result = new Uint8Array(at + by.length + bytes.length - end)
  result.set(bytes.subarray(0, at))
  result.set(by, at)
  result.set(bytes.subarray(end), at + by.length)
  return result
}

/** Numbers at the edges of what fits into 1, 2, 4 bytes, and of what is a block or a piece. */
export const edgeNumbers = [
  0, 1, 2, 4, 7, 8, 9, 13, 16, 20, 21, 127, 128, 255, 256, 16_383, 16_384, 16_385, 16_393, 16_394, 32_768, 65_535,
  65_536, 0xf_ffff, 0x10_0000, 0x10_0001, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
]

/** The same for integers that are written out, with those at which doubles lose count. */
export const edgeIntegers = [
  ...edgeNumbers.map(String),
  ..."-1 -0 00 01 -2147483648 4294967296 9007199254740991 9007199254740992 -9007199254740991 18446744073709551616".split(
    " ",
  ),
  "9".repeat(40),
]

type Change = (bytes: Uint8Array, material: Material) => Uint8Array

const asBytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

const placeIn = (bytes: Uint8Array, random: Random): number => random.below(bytes.length + 1)

const runOf = (bytes: Uint8Array, random: Random): Uint8Array => {
  const at = placeIn(bytes, random)
  return bytes.subarray(at, at + 1 + random.small(64))
}

const overwrite: Change = (bytes, { random }) =>
  bytes.length === 0 ? bytes : spliced(bytes, random.below(bytes.length), 1, Uint8Array.of(random.below(256)))

const flip: Change = (bytes, { random }) => {
  if (bytes.length === 0) return bytes
  const at = random.below(bytes.length)
  return spliced(bytes, at, 1, Uint8Array.of(bytes[at]! ^ (1 << random.below(8))))
}

const step: Change = (bytes, { random }) => {
  if (bytes.length === 0) return bytes
  const at = random.below(bytes.length)
  return spliced(bytes, at, 1, Uint8Array.of(bytes[at]! + (random.oneIn(2) ? 1 : -1)))
}

const remove: Change = (bytes, { random }) => spliced(bytes, placeIn(bytes, random), 1 + random.small(32), none)

const truncate: Change = (bytes, { random }) => bytes.subarray(0, placeIn(bytes, random))

const insertNoise: Change = (bytes, { random }) =>
  spliced(
    bytes,
    placeIn(bytes, random),
    0,
    Uint8Array.from({ length: 1 + random.small(16) }, () => random.below(256)),
  )

const insertWord: Change = (bytes, { random, words }) => spliced(bytes, placeIn(bytes, random), 0, random.pick(words))

const overwriteWithWord: Change = (bytes, { random, words }) => {
  const word = random.pick(words)
  return spliced(bytes, placeIn(bytes, random), word.length, word)
}

const repeatRun: Change = (bytes, { maxLength, random }) => {
  const run = runOf(bytes, random)
  const times = Math.min(1 + random.small(256), Math.ceil(maxLength / Math.max(1, run.length)))
  const repeated = new Uint8Array(run.length * times)
  for (let i = 0; i < times; i++) repeated.set(run, i * run.length)
  return spliced(bytes, placeIn(bytes, random), 0, repeated)
}

const copyRun: Change = (bytes, { random }) => {
  const run = runOf(bytes, random)
  return spliced(bytes, placeIn(bytes, random), random.oneIn(2) ? run.length : 0, run.slice())
}

const takeFromOther: Change = (bytes, { other, random }) =>
  spliced(bytes, placeIn(bytes, random), random.small(32), runOf(other, random))

const crossOver: Change = (bytes, { other, random }) =>
  spliced(bytes, placeIn(bytes, random), bytes.length, other.subarray(placeIn(other, random)))

const bigEndian: Change = (bytes, { random }) => {
  const number = random.pick(edgeNumbers)
  const width = random.pick([1, 2, 4])
  const word = Uint8Array.from({ length: width }, (_, i) => number >>> (8 * (width - 1 - i)))
  return spliced(bytes, placeIn(bytes, random), random.oneIn(3) ? 0 : width, word)
}

/** Replaces a run of digits. */
const digits: Change = (bytes, { random }) => {
  const isDigit = (at: number) => bytes[at]! >= 0x30 && bytes[at]! <= 0x39
  const places = Array.from(bytes.keys()).filter((at) => isDigit(at) && !(at > 0 && isDigit(at - 1)))
  if (places.length === 0) return bytes
  const at = random.pick(places)
  let end = at
  while (end < bytes.length && isDigit(end)) end++
  return spliced(bytes, at, end - at, asBytes(random.pick(edgeIntegers)))
}

const none = new Uint8Array(0)

const changes: ReadonlyArray<Change> = [
  overwrite,
  overwrite,
  flip,
  step,
  remove,
  remove,
  truncate,
  insertNoise,
  insertWord,
  overwriteWithWord,
  repeatRun,
  copyRun,
  takeFromOther,
  crossOver,
  bigEndian,
  digits,
]

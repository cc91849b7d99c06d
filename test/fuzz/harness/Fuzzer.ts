/**
 * The loop: change an input, run it, keep it when it reached code (or an amount of work) that none before it reached.
 *
 * Knows neither files nor clocks; with the same seed and the same inputs it does the same again.
 */
import type { Target } from "../targets/Target.ts"
import { Corpus } from "./Corpus.ts"
import type { Coverage } from "./Coverage.ts"
import { mutateBencode } from "./mutateBencode.ts"
import { type Material, mutateBytes } from "./mutateBytes.ts"
import { mutateFrames } from "./mutateFrames.ts"
import { Random } from "./Random.ts"

/** An input on which an oracle broke, and how. */
export interface Finding {
  readonly bytes: Uint8Array
  readonly error: Error
}

export class Fuzzer {
  readonly corpus = new Corpus()
  executions = 0
  /** The most work for a byte so far. */
  mostWork = 0
  readonly #target: Target
  readonly #coverage: Coverage
  readonly #random: Random
  readonly #words: ReadonlyArray<Uint8Array>

  constructor(target: Target, coverage: Coverage, seed: number, words: ReadonlyArray<string>) {
    this.#target = target
    this.#coverage = coverage
    this.#random = new Random(seed)
    this.#words = [...words, ...syntax].map((word) => new TextEncoder().encode(word))
  }

  /** Runs one input, and keeps it when it is worth it. */
  try(bytes: Uint8Array): Finding | undefined {
    this.executions++
    this.#coverage.reset()
    const error = brokenBy(this.#target, bytes)
    const { features, work } = this.#coverage.trace(bytes.length)
    if (error !== undefined) return { bytes: bytes.slice(), error }
    const perByte = work / (bytes.length + 64)
    this.mostWork = Math.max(this.mostWork, perByte)
    if (perByte > this.#target.workPerByte) {
      const error = new Error(
        `${work} blocks of code for ${bytes.length} bytes: more than ${this.#target.workPerByte} each`,
      )
      return { bytes: bytes.slice(), error }
    }
    this.corpus.add(bytes, features)
    return undefined
  }

  /** A new input, made from those that are kept. */
  next(): Uint8Array {
    const bytes = this.corpus.pick(this.#random)
    const material: Material = {
      random: this.#random,
      words: this.#words,
      other: this.corpus.pick(this.#random),
      maxLength: this.#target.maxLength,
    }
    if (this.#target.shape === "bencode" && !this.#random.oneIn(3)) {
      return mutateBencode(bytes, material) ?? mutateBytes(bytes, material)
    }
    if (this.#target.shape === "frames" && !this.#random.oneIn(3)) return mutateFrames(bytes, framesFrom, material)
    return mutateBytes(bytes, material)
  }
}

/** What went wrong with this input. */
export const brokenBy = (target: Target, bytes: Uint8Array): Error | undefined => {
  try {
    target.run(bytes)
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Targets of this shape read how the stream is cut from the bytes before. */
export const framesFrom = 8

/** What an input is made of besides the words that the code asks for. */
const syntax = [
  ..."i-0e i0e i1e le de e d l 0: 1:a 9: -1: : i9007199254740993e // \\ .. / ? # @ % [::1] http:// udp:// :80 :0".split(
    " ",
  ),
  "\r\n",
  "\u{1f600}",
  "\uffee",
  "\0",
]

/** Bencode: the guard, npm's decoder behind it, the view, and our encoder, held to a parser by the book and to each other. */
import { Bencode, BencodeView } from "@unchoke/protocol"
import { Result } from "effect"
import { bytesOf } from "../oracles/samples.ts"
import { check, checkSame, sameBytes } from "../oracles/check.ts"
import * as Reference from "../oracles/ReferenceBencode.ts"
import type { Target } from "./Target.ts"

export const bencode: Target = {
  name: "bencode",
  shape: "bencode",
  maxLength: 4096,
  workPerByte: 500,
  samples: bytesOf(Bencode.BencodeValue, Bencode.encode),
  run: (bytes) => {
    const tree = Reference.parse(bytes)
    const expected = tree !== undefined && acceptable(tree) ? tree : undefined
    const prefix = Bencode.scanPrefix(bytes)
    checkSame(Result.getOrUndefined(prefix), expected?.end, "the guard and the book differ on where the value ends")
    if (Result.isFailure(prefix)) {
      const { offset } = prefix.failure
      check(offset >= 0 && offset <= bytes.length, "a fault beyond the bytes", prefix.failure)
    }
    const whole = expected !== undefined && expected.end === bytes.length
    check(Result.isSuccess(Bencode.scan(bytes)) === whole, "the guard and the book differ on the whole")
    const decoded = Bencode.decodePrefix(bytes)
    const isValue = expected !== undefined && !isUnsafe(expected)
    check(Result.isSuccess(decoded) === isValue, "what the guard refuses was decoded, or the other way round")
    check(Result.isSuccess(Bencode.decode(bytes)) === (isValue && whole), "bytes behind the end make no difference")
    if (expected === undefined) return
    checkLimits(bytes, expected)
    const view = Result.getOrThrow(BencodeView.fromBytes(bytes))
    checkSame(fromView(view), textValueOf(expected), "the view and the book differ")
    if (Result.isFailure(decoded)) return
    const { end, value } = decoded.success
    check(end === expected.end, "another end than the book's", end, expected.end)
    checkSame(value, valueOf(expected), "npm's decoder and the book differ")
    // Of two byte order marks before a key npm's decoder takes one away, and the other on the next way through: lost, but harmless.
    if (Reference.values(expected).some(hasMarkedKey)) return
    const encoded = Bencode.encode(value)
    checkSame(Result.getOrUndefined(Bencode.decode(encoded)), value, "a value does not survive its bytes")
    if (whole && isCanonical(expected)) check(sameBytes(encoded, bytes), "canonical bytes changed on the way through")
  },
}

const hasMarkedKey = (tree: Reference.Tree): boolean =>
  tree.kind === "dictionary" && tree.members.some(([{ bytes }]) => npmName(bytes).startsWith("\ufeff"))

/** What the guard refuses beyond the grammar. */
const acceptable = (tree: Reference.Tree): boolean => {
  if (tree.kind === "list") return tree.items.every(acceptable)
  if (tree.kind !== "dictionary") return true
  return tree.members.every(([{ end, start }, value]) => end - start <= Bencode.maxKeyLength && acceptable(value))
}

const isUnsafe = (tree: Reference.Tree): boolean => tree.kind === "integer" && !Number.isSafeInteger(Number(tree.value))

/** Exactly as much as there is passes; one less does not. */
const checkLimits = (bytes: Uint8Array, tree: Reference.Tree): void => {
  const passes = (limits: Partial<Bencode.Limits>) => Result.isSuccess(Bencode.scanPrefix(bytes, limits))
  const maxTokens = Reference.tokens(tree)
  const maxDepth = Reference.depth(tree)
  check(passes({ maxTokens, maxDepth, maxBytes: bytes.length }), "refused within its limits")
  check(!passes({ maxTokens: maxTokens - 1 }), "too many values passed")
  check(maxDepth === 0 || !passes({ maxDepth: maxDepth - 1 }), "too deep a value passed")
  check(!passes({ maxBytes: bytes.length - 1 }), "too many bytes passed")
}

const npmName = (key: Uint8Array): string => {
  const text = new TextDecoder().decode(key)
  return text.includes("\ufffd") ? Buffer.from(key).toString("hex") : text
}

const valueOf = (tree: Reference.Tree): Bencode.BencodeValue => {
  if (tree.kind === "integer") return Number(tree.value)
  if (tree.kind === "string") return tree.bytes
  if (tree.kind === "list") return tree.items.filter((item) => !isUnsafe(item)).map(valueOf)
  return Object.fromEntries(decodable(tree).map(([key, value]) => [npmName(key.bytes), valueOf(value)]))
}

/** The members that are decoded: of several that npm's decoder files under one name the first, if it is one that can be. */
const decodable = ({ members }: Reference.Dictionary): Reference.Dictionary["members"] => {
  const names = members.map(([{ bytes }]) => npmName(bytes))
  return members.filter(
    ([, value], i) => names.indexOf(names[i]!) === i && names[i] !== "__proto__" && !isUnsafe(value),
  )
}

/** All of it, with keys as views give them: a byte order mark is kept, and what is not UTF-8 is left out of the comparison. */
const textValueOf = (tree: Reference.Tree): unknown => {
  if (isUnsafe(tree)) return undefined
  if (tree.kind === "list") return tree.items.map(textValueOf)
  if (tree.kind !== "dictionary") return valueOf(tree)
  return tree.members.map(([key, value]) => [keyText(key.bytes), textValueOf(value)])
}

const fromView = (view: BencodeView): unknown => {
  if (view.isDictionary) {
    return Array.from(view.entries(), ([key, value]) => [keyText(new TextEncoder().encode(key), key), fromView(value)])
  }
  if (view.isList) return Array.from(view.items(), fromView)
  return view.integer ?? view.bytes?.slice()
}

const keyText = (bytes: Uint8Array, text?: string): string => {
  const decoded = text ?? new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
  return /[\ufffd_]/.test(decoded) ? "not compared" : decoded
}

const isCanonical = (tree: Reference.Tree): boolean => {
  if (isUnsafe(tree)) return false
  if (tree.kind === "list") return tree.items.every(isCanonical)
  if (tree.kind !== "dictionary") return true
  const keys = tree.members.map(([key]) => Buffer.from(key.bytes))
  return (
    keys.every((key, i) => i === 0 || Buffer.compare(keys[i - 1]!, key) < 0) &&
    // `__proto__` is not decoded, and so not written again.
    keys.every((key) => npmName(key) !== "__proto__" && Buffer.from(npmName(key)).equals(key)) &&
    tree.members.every(([, value]) => isCanonical(value))
  )
}

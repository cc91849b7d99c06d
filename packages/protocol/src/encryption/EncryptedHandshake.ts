/**
 * The handshake of Message Stream Encryption (MSE, also called protocol encryption): both sides agree on a secret, and prove that they know the same torrent, before either says that this is BitTorrent.
 *
 * It has no BEP; the specification is Azureus's. A is who called, B who was called, S their secret, SKEY the info hash:
 *
 *     A → B  Ya, PadA
 *     B → A  Yb, PadB
 *     A → B  HASH("req1", S), HASH("req2", SKEY) ^ HASH("req3", S), ENCRYPT(VC, crypto_provide, len(PadC), PadC, len(IA), IA)
 *     B → A  ENCRYPT(VC, crypto_select, len(PadD), PadD)
 *
 * Synchronous, and driven by whoever reads: `Initiator` and `Responder` are told what has come, and say what is to be sent. Invariants of both: however the bytes are cut, what comes of them is the same;
 * what is held is less than `mostHeld` bytes and the chunk that was pushed; nothing is allocated, waited for or skipped on the word of a peer beyond that; after `Failed` or `Agreed` nothing more is pushed.
 */
import { type Cipher, Rc4 } from "./Rc4.ts"
import { sha1 } from "../sha1.ts"

/** How what comes behind the handshake is sent: as it is, or enciphered. */
export type Method = "plain" | "rc4"

/** Of `crypto_provide` and `crypto_select`. */
const bits: Record<Method, number> = { plain: 1, rc4: 2 }

export const provided = (methods: ReadonlyArray<Method>): number =>
  methods.reduce((sum, method) => sum | bits[method], 0)

/** The first of the methods that is among the bits. */
export const selected = (methods: ReadonlyArray<Method>, among: number): Method | undefined =>
  methods.find((method) => (among & bits[method]) !== 0)

/** The method that these bits are: exactly one, and one of these. */
export const chosen = (methods: ReadonlyArray<Method>, select: number): Method | undefined =>
  methods.find((method) => select === bits[method])

export const bitOf = (method: Method): number => bits[method]

/** No padding is longer. */
export const longestPad = 512

/** The verification constant: eight zeros, which only somebody with the same keys can encipher. */
export const constantLength = 8

/** The longest that either side may say before it is understood: a key, padding, two hashes, a header and more padding. */
export const mostHeld = 96 + longestPad + 40 + 16 + longestPad

/** Why it came to nothing. */
export type Failure =
  /** A public key that is none. */
  | "bad key"
  /** Where padding may end, what must follow it did not: this is not the protocol, or not the same torrent's. */
  | "not encrypted"
  /** It is about a torrent that is not here. */
  | "unknown torrent"
  /** The verification constant is wrong. */
  | "wrong keys"
  /** A length beyond `longestPad`. */
  | "padding too long"
  /** Nothing that both would have, or a choice of what was not offered. */
  | "no method"

/** Both are understood. */
export interface Agreed {
  readonly _tag: "Agreed"
  readonly method: Method
  /** To be sent before anything else, as it is. */
  readonly send: Uint8Array
  /** What comes from now on is to be deciphered by this; by nothing where it is not given. */
  readonly incoming: Cipher | undefined
  /** What is sent from now on is to be enciphered by this. */
  readonly outgoing: Cipher | undefined
  /** What came behind the handshake, deciphered. */
  readonly rest: Uint8Array
}

/** What comes of the bytes that were pushed: more is needed, it has failed, or both sides agree. */
export type Step =
  /** More is needed, after this is sent. */
  { readonly _tag: "More"; readonly send: Uint8Array } | { readonly _tag: "Failed"; readonly reason: Failure } | Agreed

export const nothing: Uint8Array = new Uint8Array(0)

/** More is needed, and nothing is to be said meanwhile. */
export const more: Step = { _tag: "More", send: nothing }

export const failed = (reason: Failure): Step => ({ _tag: "Failed", reason })

const text = (letters: string): Uint8Array => Uint8Array.from(letters, (letter) => letter.charCodeAt(0))
const words = { req1: text("req1"), req2: text("req2"), req3: text("req3"), keyA: text("keyA"), keyB: text("keyB") }

/** HASH("req1", S): where A's padding ends. */
export const padEnd = (secret: Uint8Array): Uint8Array => sha1(words.req1, secret)

/** HASH("req2", SKEY): the name of a torrent for those who know it. */
export const nameOf = (infoHash: Uint8Array): Uint8Array => sha1(words.req2, infoHash)

/** A torrent's name, masked (or unmasked) by HASH("req3", S). */
export const masked = (name: Uint8Array, secret: Uint8Array): Uint8Array => {
  const mask = sha1(words.req3, secret)
  return name.map((byte, at) => byte ^ mask[at]!)
}

/** So much of each key stream is thrown away. */
const discard = 1024

/** What A enciphers with, and what B does. */
export const ciphers = (secret: Uint8Array, infoHash: Uint8Array): { readonly a: Rc4; readonly b: Rc4 } => ({
  a: new Rc4(sha1(words.keyA, secret, infoHash), discard),
  b: new Rc4(sha1(words.keyB, secret, infoHash), discard),
})

/** Where `pattern` begins in `bytes`, from `from` on. */
export const indexOf = (bytes: Uint8Array, pattern: Uint8Array, from: number): number => {
  for (let at = from; at + pattern.length <= bytes.length; at++) {
    if (startsWith(bytes, pattern, at)) return at
  }
  return -1
}

const startsWith = (bytes: Uint8Array, pattern: Uint8Array, at: number): boolean => {
  for (let i = 0; i < pattern.length; i++) if (bytes[at + i] !== pattern[i]) return false
  return true
}

export const concat = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

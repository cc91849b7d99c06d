/** The side of an encrypted handshake that was called. */
import * as DiffieHellman from "./DiffieHellman.ts"
import {
  bitOf,
  ciphers,
  concat,
  constantLength,
  failed,
  indexOf,
  longestPad,
  masked,
  type Method,
  more,
  nothing,
  padEnd,
  selected,
  type Step,
} from "./EncryptedHandshake.ts"
import type { Cipher, Rc4 } from "./Rc4.ts"

/** What the called side has and would have, and the chances that it takes from outside. */
export interface ResponderOptions {
  /** The info hash of the torrent that has this name, if it is here. */
  readonly find: (name: Uint8Array) => Uint8Array | undefined
  /** The methods that we would have; the first of them that the peer offers is taken. */
  readonly select: ReadonlyArray<Method>
  /** `DiffieHellman.privateKeyLength` random bytes. */
  readonly privateKey: Uint8Array
  /** Random bytes, at most `longestPad` of each. */
  readonly padB: Uint8Array
  readonly padD: Uint8Array
}

type Phase = "key" | "pad" | "name" | "offer" | "initial"

/** Is pushed whatever the caller says, from its first byte on. */
export class Responder {
  readonly #options: ResponderOptions
  #phase: Phase = "key"
  #held = nothing
  /** How far of what is held is read. */
  #read = 0
  #secret = nothing
  #padEnd = nothing
  #ours!: Rc4
  #theirs!: Rc4
  #method!: Method
  #pad = 0

  constructor(options: ResponderOptions) {
    this.#options = options
  }

  /** Takes in what the peer has sent. The chunk is not kept. */
  push(chunk: Uint8Array): Step {
    this.#held = concat(this.#held, chunk)
    let send = nothing
    if (this.#phase === "key") {
      if (this.#held.length < DiffieHellman.keyLength) return more
      const { padB, privateKey } = this.#options
      const secret = DiffieHellman.secret(privateKey, this.#held.subarray(0, DiffieHellman.keyLength))
      if (secret === undefined) return failed("bad key")
      this.#secret = secret
      this.#padEnd = padEnd(secret)
      send = concat(DiffieHellman.publicKey(privateKey), padB)
      this.#read = DiffieHellman.keyLength
      this.#phase = "pad"
    }
    if (this.#phase === "pad") {
      const lastStart = DiffieHellman.keyLength + longestPad
      const window = this.#held.subarray(0, lastStart + this.#padEnd.length)
      const found = indexOf(window, this.#padEnd, this.#read)
      if (found < 0) {
        if (window.length === lastStart + this.#padEnd.length) return failed("not encrypted")
        this.#read = Math.max(this.#read, window.length - this.#padEnd.length + 1)
        return { _tag: "More", send }
      }
      this.#read = found + this.#padEnd.length
      this.#phase = "name"
    }
    if (this.#phase === "name") {
      if (this.#held.length < this.#read + 20) return { _tag: "More", send }
      const name = masked(this.#held.subarray(this.#read, this.#read + 20), this.#secret)
      this.#read += 20
      const infoHash = this.#options.find(name)
      if (infoHash === undefined) return failed("unknown torrent")
      const { a, b } = ciphers(this.#secret, infoHash)
      this.#theirs = a
      this.#ours = b
      this.#phase = "offer"
    }
    if (this.#phase === "offer") {
      if (this.#held.length < this.#read + constantLength + 6) return { _tag: "More", send }
      const head = this.#decipher(constantLength + 6)
      if (head.subarray(0, constantLength).some((byte) => byte !== 0)) return failed("wrong keys")
      const offer = new DataView(head.buffer, constantLength)
      const method = selected(this.#options.select, offer.getUint32(0))
      if (method === undefined) return failed("no method")
      this.#method = method
      this.#pad = offer.getUint16(4)
      if (this.#pad > longestPad) return failed("padding too long")
      this.#phase = "initial"
    }
    if (this.#held.length < this.#read + this.#pad + 2) return { _tag: "More", send }
    this.#decipher(this.#pad)
    const [high, low] = this.#decipher(2)
    return this.#agreed(send, high! * 256 + low!)
  }

  /** So many bytes are enciphered behind the handshake, whatever the method is. They are not waited for. */
  #agreed(send: Uint8Array, initial: number): Step {
    const { padD } = this.#options
    const answer = new DataView(new ArrayBuffer(constantLength + 6))
    answer.setUint32(constantLength, bitOf(this.#method))
    answer.setUint16(constantLength + 4, padD.length)
    const enciphered = concat(new Uint8Array(answer.buffer), padD)
    this.#ours.apply(enciphered)
    const isPlain = this.#method === "plain"
    const incoming = isPlain ? new Beginning(this.#theirs, initial) : this.#theirs
    const rest = this.#held.slice(this.#read)
    incoming.apply(rest)
    return {
      _tag: "Agreed",
      method: this.#method,
      send: concat(send, enciphered),
      incoming: isPlain && rest.length >= initial ? undefined : incoming,
      outgoing: isPlain ? undefined : this.#ours,
      rest,
    }
  }

  #decipher(length: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#held.slice(this.#read, this.#read + length)
    this.#theirs.apply(bytes)
    this.#read += length
    return bytes as Uint8Array<ArrayBuffer>
  }
}

/** Deciphers the beginning of a stream, and leaves the rest as it is. */
class Beginning implements Cipher {
  readonly #cipher: Cipher
  #left: number

  constructor(cipher: Cipher, length: number) {
    this.#cipher = cipher
    this.#left = length
  }

  apply(bytes: Uint8Array, target: Uint8Array = bytes): void {
    const length = Math.min(this.#left, bytes.length)
    if (length > 0) this.#cipher.apply(bytes.subarray(0, length), target.subarray(0, length))
    if (target !== bytes) target.set(bytes.subarray(length), length)
    this.#left -= length
  }
}

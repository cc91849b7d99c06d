/** The side of an encrypted handshake that has called. */
import * as DiffieHellman from "./DiffieHellman.ts"
import {
  ciphers,
  chosen,
  concat,
  constantLength,
  failed,
  indexOf,
  longestPad,
  masked,
  type Method,
  more,
  nameOf,
  nothing,
  padEnd,
  provided,
  type Step,
} from "./EncryptedHandshake.ts"
import type { Rc4 } from "./Rc4.ts"

/** What the caller wants, and the chances that it takes from outside. */
export interface InitiatorOptions {
  /** The torrent that it is about. */
  readonly infoHash: Uint8Array
  /** The methods that we would have. */
  readonly provide: ReadonlyArray<Method>
  /** `DiffieHellman.privateKeyLength` random bytes. */
  readonly privateKey: Uint8Array
  /** Random bytes, at most `longestPad` of each. */
  readonly padA: Uint8Array
  readonly padC: Uint8Array
  /** Asked for when the peer's key is there: what it is to hear first, in the same breath; at most 65 535 bytes. */
  readonly initial: () => Uint8Array
}

type Phase = "key" | "constant" | "choice" | "pad"

/** Begins with `opening`, and is pushed whatever the other side answers. */
export class Initiator {
  /** To be sent before anything is pushed. */
  readonly opening: Uint8Array
  readonly #options: InitiatorOptions
  #phase: Phase = "key"
  #held = nothing
  /** How far of what is held is read. */
  #read = 0
  #ours!: Rc4
  #theirs!: Rc4
  /** Eight zeros as the peer enciphers them: where its padding ends. */
  #constant = nothing
  #method!: Method
  #pad = 0

  constructor(options: InitiatorOptions) {
    this.#options = options
    this.opening = concat(DiffieHellman.publicKey(options.privateKey), options.padA)
  }

  /** Takes in what the peer has sent. The chunk is not kept. */
  push(chunk: Uint8Array): Step {
    this.#held = concat(this.#held, chunk)
    let send = nothing
    if (this.#phase === "key") {
      if (this.#held.length < DiffieHellman.keyLength) return more
      const secret = DiffieHellman.secret(this.#options.privateKey, this.#held.subarray(0, DiffieHellman.keyLength))
      if (secret === undefined) return failed("bad key")
      send = this.#request(secret)
      this.#read = DiffieHellman.keyLength
      this.#phase = "constant"
    }
    if (this.#phase === "constant") {
      const lastStart = DiffieHellman.keyLength + longestPad
      const window = this.#held.subarray(0, lastStart + constantLength)
      const found = indexOf(window, this.#constant, this.#read)
      if (found < 0) {
        if (window.length === lastStart + constantLength) return failed("not encrypted")
        this.#read = Math.max(this.#read, window.length - constantLength + 1)
        return { _tag: "More", send }
      }
      this.#read = found + constantLength
      this.#phase = "choice"
    }
    if (this.#phase === "choice") {
      if (this.#held.length < this.#read + 6) return { _tag: "More", send }
      const head = new DataView(this.#decipher(6).buffer)
      const method = chosen(this.#options.provide, head.getUint32(0))
      if (method === undefined) return failed("no method")
      this.#method = method
      this.#pad = head.getUint16(4)
      if (this.#pad > longestPad) return failed("padding too long")
      this.#phase = "pad"
    }
    if (this.#held.length < this.#read + this.#pad) return { _tag: "More", send }
    this.#decipher(this.#pad)
    const rest = this.#held.slice(this.#read)
    const isPlain = this.#method === "plain"
    if (!isPlain) this.#theirs.apply(rest)
    return {
      _tag: "Agreed",
      method: this.#method,
      send,
      incoming: isPlain ? undefined : this.#theirs,
      outgoing: isPlain ? undefined : this.#ours,
      rest,
    }
  }

  #request(secret: Uint8Array): Uint8Array {
    const { infoHash, initial, padC, provide } = this.#options
    const { a, b } = ciphers(secret, infoHash)
    this.#ours = a
    this.#theirs = b
    this.#constant = new Uint8Array(constantLength)
    b.apply(this.#constant)
    const first = initial()
    const head = new DataView(new ArrayBuffer(constantLength + 6))
    head.setUint32(constantLength, provided(provide))
    head.setUint16(constantLength + 4, padC.length)
    const enciphered = concat(new Uint8Array(head.buffer), padC, Uint8Array.of(first.length >> 8, first.length), first)
    a.apply(enciphered)
    return concat(padEnd(secret), masked(nameOf(infoHash), secret), enciphered)
  }

  #decipher(length: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#held.slice(this.#read, this.#read + length)
    this.#theirs.apply(bytes)
    this.#read += length
    return bytes as Uint8Array<ArrayBuffer>
  }
}

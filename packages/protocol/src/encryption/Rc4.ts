/**
 * RC4, the stream cipher of encrypted connections between peers. It hides traffic from those who look for BitTorrent; it keeps no secrets.
 *
 * Node's crypto has it no more, so there is a WebAssembly module for it, of one function: 900 MB/s, where OpenSSL has 400 on the same machine, and the same in JavaScript 200 to 300. Where there is no WebAssembly (`node --jitless`) the reference works too.
 * Invariant: however a stream is cut, its bytes become the same.
 */
import { Rc4Module, type State } from "./Rc4Module.ts"

/** Enciphers one direction of a connection: each byte once, in order. */
export interface Cipher {
  /** Enciphers, or deciphers, `bytes` into `target`, which is as long and may be the same. */
  readonly apply: (bytes: Uint8Array, target?: Uint8Array) => void
}

export class Rc4 implements Cipher {
  readonly #state: State

  /** `key` has 1 to 256 bytes; so many of the first bytes of the key stream are thrown away. */
  constructor(key: Uint8Array, discard = 0) {
    this.#state = stateOf(key)
    this.apply(new Uint8Array(discard))
  }

  apply(bytes: Uint8Array, target: Uint8Array = bytes): void {
    const module = Rc4Module.ofThisThread()
    if (module === undefined) reference(this.#state, bytes, target)
    else module.apply(this.#state, bytes, target)
  }
}

/** The key schedule. */
export const stateOf = (key: Uint8Array): State => {
  const state = new Int32Array(258)
  for (let i = 0; i < 256; i++) state[i] = 4 * i
  state[256] = 4
  for (let i = 0, j = 0; i < 256; i++) {
    const a = state[i]!
    j = (j + a / 4 + key[i % key.length]!) & 255
    state[i] = state[j]!
    state[j] = a
  }
  return state
}

/** What the module does, in plain words; slower. */
export const reference = (state: State, bytes: Uint8Array, target: Uint8Array): void => {
  let i = state[256]!
  let j = state[257]!
  for (let at = 0; at < bytes.length; at++) {
    const a = state[i >> 2]!
    j = (j + a) & 1020
    const b = state[j >> 2]!
    state[i >> 2] = b
    state[j >> 2] = a
    target[at] = bytes[at]! ^ (state[((a + b) & 1020) >> 2]! >> 2)
    i = (i + 4) & 1020
  }
  state[256] = i
  state[257] = j
}

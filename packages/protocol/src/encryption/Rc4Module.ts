/**
 * RC4 as a WebAssembly module: what `rc4Code` does, over bytes that are copied into its memory and out of it, which takes a twelfth of the time.
 *
 * One for a thread: a module of its own for each connection would reserve some GiB of address space for each. So a state is copied in and out with each call, which costs as much as a few hundred bytes do.
 */
import { rc4Code } from "./rc4Code.ts"

/** 256 numbers, the next `i`, and `j`; each times four, as a number of four bytes is addressed. That spares an instruction in ten. */
export type State = Int32Array<ArrayBuffer>

/** So many bytes are enciphered at a time: they stay in the processor's nearest cache, in which a page of 64 KiB would not. */
const window = 16_384

/** Where they are: behind the state, in a memory of one page. */
const windowAt = 4096

export class Rc4Module {
  static #instance: Rc4Module | undefined
  static #isThere = true
  readonly #run: (at: number, end: number) => void
  readonly #state: State
  readonly #window: Uint8Array

  /** The one of this thread; `undefined` where there is no WebAssembly. */
  static ofThisThread(): Rc4Module | undefined {
    if (this.#instance === undefined && this.#isThere) {
      try {
        this.#instance = new Rc4Module()
      } catch {
        this.#isThere = false
      }
    }
    return this.#instance
  }

  private constructor() {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(rc4Code))
    this.#run = exports.x
    this.#state = new Int32Array(exports.m.buffer, 0, 258)
    this.#window = new Uint8Array(exports.m.buffer, windowAt, window)
  }

  apply(state: State, bytes: Uint8Array, target: Uint8Array): void {
    this.#state.set(state)
    for (let at = 0; at < bytes.length; at += window) {
      const part = bytes.length > window ? bytes.subarray(at, at + window) : bytes
      this.#window.set(part)
      this.#run(windowAt, windowAt + part.length)
      target.set(part.length < window ? this.#window.subarray(0, part.length) : this.#window, at)
    }
    state.set(this.#state)
  }
}

/** As far as it is used here: this package knows no platform. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object
  readonly Instance: new (module: object) => {
    readonly exports: {
      readonly m: { readonly buffer: ArrayBuffer }
      readonly x: (at: number, end: number) => void
    }
  }
}

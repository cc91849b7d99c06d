/**
 * RC4 as a WebAssembly module, written by hand: 176 bytes with one function, `x(at, end)`, that enciphers the bytes of its memory from `at` to `end`.
 *
 * Of some seventeen forms none was faster beyond doubt: unrolled, a word a store, a table of bytes, the next number loaded ahead. What a step stores the next one may load, and that is probably what it waits for. Copying the
 * bytes in and out takes a twentieth.
 *
 * One for a thread: a module of its own for each connection would reserve some GiB of address space for each. So a state is copied in and out with each call, which costs as much as a few hundred bytes do.
 */

/** 256 numbers, and the two indices `i` and `j`; each times four, as a number of four bytes is addressed. That spares two of twenty instructions, and a sixth of the time. */
export type State = Int32Array<ArrayBuffer>

/** So many bytes are enciphered at a time. */
const window = 65_536

/** Where they are: behind the state, in a memory of two pages. */
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
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code))
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

/* The instructions, as far as they are needed; what is not one byte long is a function. */
const end = 0x0b
const add = 0x6a
const and = 0x71
const xor = 0x73
const shr = 0x76
const isLess = 0x49
const untyped = 0x40
const ifIt = [0x04, untyped]
const loop = [0x03, untyped]
const again = [0x0d, 0]
const get = (local: number) => [0x20, local]
const set = (local: number) => [0x21, local]
const tee = (local: number) => [0x22, local]
const loadByte = [0x2d, 0, 0]
const storeByte = [0x3a, 0, 0]
/** LEB128 of a number below 16 384; a constant is signed, so from 64 on it takes two bytes. */
const long = (value: number) => [(value & 0x7f) | 0x80, value >> 7]
const constant = (value: number) => [0x41, ...(value < 64 ? [value] : long(value))]
const loadAt = (offset: number) => [0x28, 2, ...long(offset)]
const storeAt = (offset: number) => [0x36, 2, ...long(offset)]
const sized = (...bytes: ReadonlyArray<number>) => [
  ...(bytes.length < 128 ? [bytes.length] : long(bytes.length)),
  ...bytes,
]
const section = (id: number, ...bytes: ReadonlyArray<number>) => [id, ...sized(...bytes)]

/* The locals: `at` and `end` are given; `a` and `b` are what is at `i` and `j`. */
const [at, to, i, j, a, b] = [0, 1, 2, 3, 4, 5] as const
/** Of a table of 256 numbers of four bytes, 255 times four: what an index is cut to. */
const mask = [...constant(1020), and]

const body = [
  [1, 4, 0x7f], // four more locals, i32
  [...constant(0), ...loadAt(1024), ...set(i)],
  [...constant(0), ...loadAt(1028), ...set(j)],
  [...get(at), ...get(to), isLess, ...ifIt, ...loop],
  // i = i + 1; a = S[i]
  [...get(i), ...constant(4), add, ...mask, ...tee(i), ...loadAt(0), ...tee(a)],
  // j = j + a; b = S[j]
  [...get(j), add, ...mask, ...tee(j), ...loadAt(0), ...set(b)],
  // S[i] = b; S[j] = a
  [...get(i), ...get(b), ...storeAt(0), ...get(j), ...get(a), ...storeAt(0)],
  // memory[at] = memory[at] ^ S[a + b]
  [...get(at), ...get(at), ...loadByte],
  [...get(a), ...get(b), add, ...mask, ...loadAt(0), ...constant(2), shr, xor, ...storeByte],
  // at = at + 1; once more while at < end
  [...get(at), ...constant(1), add, ...tee(at), ...get(to), isLess, ...again, end, end],
  [...constant(0), ...get(i), ...storeAt(1024)],
  [...constant(0), ...get(j), ...storeAt(1028)],
  [end],
].flat()

const code = Uint8Array.from(
  [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, 1, 0x60, 2, 0x7f, 0x7f, 0), // one type: of two i32, nothing comes back
    section(3, 1, 0), // one function, of that type
    section(5, 1, 0, 2), // a memory of two pages
    section(7, 2, 1, 0x6d, 2, 0, 1, 0x78, 0, 0), // exported as "m" and "x"
    section(10, 1, ...sized(...body)),
  ].flat(),
)

/**
 * The memory that pieces are put together in: a bounded number of buffers, lent and given back, shared with the thread that verifies.
 *
 * Invariant: a buffer is either free or lent; giving back what is not lent changes nothing.
 */

/** Bytes of all buffers together. One link has 8 MiB asked for or unverified, or two pieces, and 31 MiB of who is far away; the rest is for links beside it. */
export const poolSize = 48 << 20

/** One fills, one is verified, one is asked for. */
const leastCount = 3

export class PieceBuffers {
  #memory: SharedArrayBuffer
  /** Bytes of one buffer. */
  readonly size: number
  readonly #views: Array<Uint8Array> = []
  readonly #free: Array<Uint8Array> = []
  readonly #lent = new Set<number>()
  #count: number

  /** As many buffers of `pieceLength` bytes as fit the pool, but three at least, and no more than there are `pieces`; none where there are none. */
  constructor(pieceLength: number, pieces: number) {
    this.size = pieceLength
    this.#count = Math.min(pieces, Math.max(leastCount, Math.floor(poolSize / pieceLength)))
    this.#memory = new SharedArrayBuffer(this.size * this.#count)
  }

  /** What they are slices of. */
  get memory(): SharedArrayBuffer {
    return this.#memory
  }

  /** Nothing is lent from now on, and the memory is given up: what of it is still lent stays until nobody has it. */
  close(): void {
    this.#count = 0
    this.#memory = new SharedArrayBuffer(0)
    for (const all of [this.#views, this.#free]) all.length = 0
    this.#lent.clear()
  }

  lend(): Uint8Array | undefined {
    const view = this.#free.pop() ?? this.#create()
    if (view !== undefined) this.#lent.add(view.byteOffset)
    return view
  }

  giveBack(buffer: Uint8Array): void {
    if (buffer.buffer !== this.memory || !this.#lent.delete(buffer.byteOffset)) return
    this.#free.push(this.#views[buffer.byteOffset / this.size]!)
  }

  #create(): Uint8Array | undefined {
    if (this.#views.length >= this.#count) return undefined
    const view = new SharedBytes(this.memory, this.#views.length * this.size, this.size)
    this.#views.push(view)
    return view
  }
}

/**
 * A view of shared memory that is filled at the speed of memory: V8's own `set` copies to shared memory word by word, each atomically, at a tenth of it
 * (0.28 CPU-s a GiB). Nobody reads a piece that is not filled yet, so Node's `fill`, a plain `memcpy`, does as well.
 */
class SharedBytes extends Uint8Array<SharedArrayBuffer> {
  override set(bytes: ArrayLike<number>, at = 0): void {
    if (!(bytes instanceof Uint8Array) || bytes.length === 0 || at + bytes.length > this.length) super.set(bytes, at)
    else fill.call(this, bytes, at, at + bytes.length)
  }
}

const fill = Buffer.prototype.fill as (this: Uint8Array, bytes: Uint8Array, start: number, end: number) => unknown

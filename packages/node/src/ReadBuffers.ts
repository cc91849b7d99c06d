/**
 * Where sockets read into. All the quiet ones share one buffer and hand out copies, so a parked peer costs no memory of its own; a busy one is leased
 * a big buffer and hands out views of it.
 *
 * Invariant: the shared buffer's contents are used only until the read callback returns (a thread reads one socket at a time).
 */

/** Bytes of the shared buffer. A read that fills it comes from a peer in full flow. */
export const sharedSize = 65_536

/** Bytes of a leased buffer. On loopback a GiB costs 0.20 CPU-s to receive with 128 KiB, 0.14 with 256 KiB and 0.13 with more. */
export const leaseSize = 262_144

/** How many sockets at once may have a buffer of their own; the others go on copying. Bounds the memory to 8 MiB. */
export const maxLeases = 32

export class ReadBuffers {
  readonly shared: Uint8Array = new Uint8Array(sharedSize)
  readonly #free: Array<Uint8Array> = []
  #leased = 0

  /** A buffer for one socket alone, or `undefined` while all are out. */
  lease(): Uint8Array | undefined {
    if (this.#leased === maxLeases) return undefined
    this.#leased++
    return this.#free.pop() ?? new Uint8Array(leaseSize)
  }

  giveBack(buffer: Uint8Array): void {
    this.#leased--
    this.#free.push(buffer)
  }
}

let ours: ReadBuffers | undefined

/** Those that all sockets of this thread share, dialled and accepted. */
export const ofThisThread = (): ReadBuffers => (ours ??= new ReadBuffers())

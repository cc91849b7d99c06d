/**
 * The files of all torrents of a store that are open for reading what others ask us for.
 *
 * Invariants: a descriptor is not closed while somebody reads by it; of those that nobody reads by at most `maxOpen` are open.
 */
import type * as Fs from "node:fs"

/** Far below the usual limit of 1024 a process, which the sockets share; beyond it the one used longest ago is closed. */
export const maxOpen = 128

export interface Opened {
  readonly fd: number
  readonly ino: number
  /** How many read by it. */
  readers: number
  /** It is not to be used any more. */
  dropped: boolean
  /** Called when it is dropped: whoever keeps it forgets it. */
  readonly forget: () => void
}

export class ReadDescriptors {
  readonly #fs: typeof Fs
  /** The one used last at the end. */
  readonly #idle = new Set<Opened>()

  constructor(fs: typeof Fs) {
    this.#fs = fs
  }

  /** Keeps it open until it is taken back. */
  use(opened: Opened): void {
    opened.readers++
    this.#idle.delete(opened)
  }

  giveBack(opened: Opened): void {
    if (--opened.readers > 0) return
    if (opened.dropped) return this.#close(opened)
    this.#idle.add(opened)
    if (this.#idle.size > maxOpen) for (const oldest of this.#idle) return this.drop(oldest)
  }

  /** Closes it as soon as nobody reads by it. */
  drop(opened: Opened): void {
    if (opened.dropped) return
    opened.dropped = true
    opened.forget()
    if (opened.readers === 0) this.#close(opened)
  }

  /** Makes room where the system has none: whether there was anything to close. */
  dropIdle(): boolean {
    const idle = [...this.#idle]
    for (const opened of idle) this.drop(opened)
    return idle.length > 0
  }

  #close(opened: Opened): void {
    this.#idle.delete(opened)
    try {
      this.#fs.closeSync(opened.fd)
    } catch {
      // Nothing was written by it.
    }
  }
}

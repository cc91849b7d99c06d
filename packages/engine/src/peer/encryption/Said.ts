/** What we have said before it is known how the peer is to be spoken to: it may have to be said again, in another way. */
import { Bytes } from "effect"

/** Our handshake is 68 bytes. */
const most = 4096

export class Said {
  #bytes: Uint8Array | undefined = new Uint8Array(0)
  #isTaken = false

  /** Keeps a copy of it, unless what was said before is being said in the other way already, or it would be too much. */
  keep(bytes: Uint8Array): "kept" | "taken" | "too much" {
    if (this.#isTaken) return "taken"
    if (this.#bytes === undefined || this.#bytes.length + bytes.length > most) return "too much"
    this.#bytes = Bytes.concat([this.#bytes, bytes])
    return "kept"
  }

  /** More was said than is kept: nothing of it can be said again. */
  lose(): void {
    this.#bytes = undefined
  }

  /** Takes it, to say it: what is said from now on has to wait. `undefined` when it is lost. */
  take(): Uint8Array | undefined {
    const bytes = this.#bytes
    this.#isTaken = bytes !== undefined
    this.#bytes = undefined
    return bytes
  }
}

/** What we have said before it is known how the peer is to be spoken to: it may have to be said again, in another way. */
import { Bytes } from "effect"

/** Our handshake is 68 bytes. */
const most = 4096

export class Said {
  #bytes: Uint8Array | undefined = new Uint8Array(0)
  #isTaken = false

  /** Keeps a copy of it. Not when what was said before is being said in the other way already; nor when it cannot be said again, or is too much for that: then nothing can. */
  keep(bytes: Uint8Array): "kept" | "taken" | "lost" {
    if (this.#isTaken) return "taken"
    if (this.#bytes !== undefined && this.#bytes.length + bytes.length > most) this.#bytes = undefined
    if (this.#bytes === undefined) return "lost"
    this.#bytes = Bytes.concat([this.#bytes, bytes])
    return "kept"
  }

  /** Takes it, to say it: what is said from now on has to wait. `undefined` when it is lost. */
  take(): Uint8Array | undefined {
    const bytes = this.#bytes
    this.#isTaken = bytes !== undefined
    this.#bytes = undefined
    return bytes
  }
}

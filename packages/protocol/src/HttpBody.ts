/**
 * The body of an HTTP/1 response (RFC 9112), cut out of what is read.
 *
 * Nothing is copied: what it gives are views of what it is given. Invariant: once it has ended it takes nothing more, and what is read behind the end is no part of it.
 */
import type { Framing } from "./HttpHead.ts"

/** Characters of the line before a chunk, extensions included, and of all that stands behind the last one. */
const maxLine = 4096
const maxTrailer = 32_768

type State = "size" | "data" | "data end" | "trailer"

/** Takes what was read, chunk by chunk, and gives what of it belongs to the body. */
export class HttpBody {
  readonly #framing: Framing
  #ended = false
  #excess = false
  /** Bytes of the body, or of its present chunk, that are still to come. */
  #left: number
  #state: State = "size"
  #line = ""
  #trailer = 0

  constructor(framing: Framing) {
    this.#framing = framing
    this.#left = framing._tag === "Length" ? framing.length : framing._tag === "Chunked" ? 0 : Infinity
    this.#ended = this.#left === 0 && framing._tag === "Length"
  }

  /** Whether all of it was read. */
  get ended(): boolean {
    return this.#ended
  }

  /** Whether something was read behind its end: nobody knows what that is. */
  get excess(): boolean {
    return this.#excess
  }

  /** Whether the body is whole when the server hangs up now. */
  get mayEnd(): boolean {
    return this.#ended || this.#framing._tag === "UntilClose"
  }

  /** Adds the parts of the body in what was read to `into`; what it returns is what is wrong with it. */
  take(chunk: Uint8Array, into: Array<Uint8Array>): string | undefined {
    let at = 0
    while (at < chunk.length) {
      if (this.#ended) {
        this.#excess = true
        return undefined
      }
      if (this.#framing._tag !== "Chunked" || this.#state === "data") {
        const length = Math.min(this.#left, chunk.length - at)
        into.push(at === 0 && length === chunk.length ? chunk : chunk.subarray(at, at + length))
        at += length
        this.#left -= length
        if (this.#left > 0) continue
        if (this.#framing._tag === "Chunked") this.#state = "data end"
        else this.#ended = true
        continue
      }
      const wrong = this.#takeByte(chunk[at++]!)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }

  /** What stands between the chunks. */
  #takeByte(byte: number): string | undefined {
    if (byte !== 10) {
      if (this.#line.length === maxLine) return "a chunk without an end to its size"
      this.#line += String.fromCharCode(byte)
      return undefined
    }
    const line = this.#line.replace(/\r$/, "")
    this.#line = ""
    switch (this.#state) {
      case "size": {
        const size = /^([\da-f]{1,13})[ \t]*(?:;.*)?$/i.exec(line)
        if (size === null) return "a chunk without a size"
        this.#left = Number.parseInt(size[1]!, 16)
        this.#state = this.#left === 0 ? "trailer" : "data"
        return undefined
      }
      case "data end":
        if (line !== "") return "a chunk that is longer than it says"
        this.#state = "size"
        return undefined
      default:
        this.#trailer += line.length
        if (this.#trailer > maxTrailer) return "fields behind its body without an end"
        this.#ended = line === ""
        return undefined
    }
  }
}

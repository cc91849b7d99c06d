/**
 * The head of an HTTP/1 response (RFC 9112): status, fields, and where its body ends.
 *
 * As strict as it takes to know where the body ends and whether the connection can be used again; tolerant of servers that end lines with a line feed alone. Bounded: a head is `maxHead` bytes at most.
 */
import { Result } from "effect"

/** Where a body ends. */
export type Framing =
  | { readonly _tag: "Length"; readonly length: number }
  | { readonly _tag: "Chunked" }
  /** When the server hangs up. */
  | { readonly _tag: "UntilClose" }

/** What the head says, as far as anybody needs it. */
export interface HttpHead {
  readonly status: number
  /** Its words for the status; may be empty. */
  readonly reason: string
  /** By their names in lower case; of two with one name the first. */
  readonly fields: ReadonlyMap<string, string>
  readonly framing: Framing
  /** Whether the connection may be used again once the body has been read. */
  readonly keepsAlive: boolean
}

/** Bytes; longer than what servers and proxies send together. */
export const maxHead = 32_768

/** A head, and what was read behind it. */
export interface Read {
  readonly head: HttpHead
  readonly rest: Uint8Array
}

/** Reads a head as it comes. */
export class HeadReader {
  readonly #bytes = new Uint8Array(maxHead)
  #length = 0
  #interim = 0

  /** Takes in what was read: the head when it is whole, nothing before; a string says what is wrong with it. */
  take(chunk: Uint8Array): Result.Result<Read | undefined, string> {
    let at = 0
    while (at < chunk.length) {
      const byte = chunk[at++]!
      if (this.#length === maxHead) return Result.fail(`a head of more than ${maxHead} bytes`)
      this.#bytes[this.#length++] = byte
      if (byte !== lineFeed || !this.#endsWithEmptyLine) {
        if (this.#length === prefix.length && !this.#beginsRight) return Result.fail("not HTTP")
        continue
      }
      const head = headOf(latin1(this.#bytes.subarray(0, this.#length)))
      this.#length = 0
      if (Result.isFailure(head)) return Result.fail(head.failure)
      if (head.success.status >= 200) return Result.succeed({ head: head.success, rest: chunk.subarray(at) })
      // 100 Continue, 103 Early Hints: the answer is still to come.
      if (++this.#interim > maxInterim) return Result.fail("one interim answer after the other")
    }
    return Result.succeed(undefined)
  }

  get #endsWithEmptyLine(): boolean {
    const [bytes, end] = [this.#bytes, this.#length]
    const before = bytes[end - 2]
    return before === lineFeed || (before === carriageReturn && bytes[end - 3] === lineFeed)
  }

  get #beginsRight(): boolean {
    for (let i = 0; i < prefix.length; i++) if (this.#bytes[i] !== prefix.charCodeAt(i)) return false
    return true
  }
}

const lineFeed = 10
const carriageReturn = 13
const prefix = "HTTP/1."
const maxInterim = 8

const latin1 = (bytes: Uint8Array): string => {
  let text = ""
  // In parts: the arguments of one call are on the stack.
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096))
  return text
}

const headOf = (text: string): Result.Result<HttpHead, string> => {
  const [first = "", ...lines] = text.split(/\r?\n/)
  const status = /^HTTP\/1\.(\d) (\d{3})(?: (.*))?$/.exec(first)
  if (status === null || status[2]! < "100") return Result.fail("not HTTP")
  const fields = new Map<string, string>()
  for (const line of lines) {
    if (line === "") continue
    const field = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line)
    if (field === null) return Result.fail("a head that is not HTTP's")
    const name = field[1]!.toLowerCase()
    const before = fields.get(name)
    if (before === undefined) fields.set(name, field[2]!)
    else if (name === "content-length" && before !== field[2]) return Result.fail("two lengths at once")
  }
  const code = Number(status[2])
  return Result.map(framingOf(code, fields), (framing) => ({
    status: code,
    reason: status[3]?.trim() ?? "",
    fields,
    framing,
    keepsAlive: framing._tag !== "UntilClose" && keepsAlive(status[1] !== "0", fields.get("connection")),
  }))
}

const framingOf = (status: number, fields: ReadonlyMap<string, string>): Result.Result<Framing, string> => {
  if (status === 204 || status === 304) return Result.succeed({ _tag: "Length", length: 0 })
  const coding = fields.get("transfer-encoding")
  if (coding !== undefined && coding.toLowerCase() !== "identity") {
    return coding.toLowerCase() === "chunked"
      ? Result.succeed({ _tag: "Chunked" })
      : Result.fail("a transfer encoding that nobody asked for")
  }
  const length = fields.get("content-length")
  if (length === undefined) return Result.succeed({ _tag: "UntilClose" })
  return /^\d{1,15}$/.test(length)
    ? Result.succeed({ _tag: "Length", length: Number(length) })
    : Result.fail("a length that is no number")
}

const keepsAlive = (isUsual: boolean, connection = ""): boolean => {
  const options = connection
    .toLowerCase()
    .split(",")
    .map((option) => option.trim())
  return isUsual ? !options.includes("close") : options.includes("keep-alive")
}

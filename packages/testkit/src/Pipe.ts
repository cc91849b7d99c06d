/**
 * One direction of a connection in memory: bytes in order, a bound, and four ways to end.
 *
 * Invariants: `#length` is the sum of the chunks' lengths; nobody waits to read while there are bytes or an end to report; whoever waits to write goes on
 * when the bytes fit the capacity again, or fails.
 */
import { Effect } from "effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
import { Socket } from "effect/socket"

type Batch = NonEmptyReadonlyArray<Uint8Array>
type Resume<A> = (effect: Effect.Effect<A, Socket.SocketError>) => void

/** What a borrowed chunk is overwritten with once it is no longer valid. */
const scribble = 0xdb

export class Pipe {
  readonly #capacity: number
  readonly #cut: ((available: number) => number) | undefined
  readonly #taken: ((bytes: number) => void) | undefined
  #chunks: Array<Uint8Array> = []
  #length = 0
  #lent: ReadonlyArray<Uint8Array> = []
  #reader: Resume<Batch> | undefined
  readonly #writers = new Set<Resume<void>>()
  #readFault: Socket.SocketError | undefined
  #writeFault: Error | undefined

  /** `taken` is told how many bytes each pull took. */
  constructor(capacity: number, cut?: (available: number) => number, taken?: (bytes: number) => void) {
    this.#capacity = capacity
    this.#cut = cut
    this.#taken = taken
  }

  /** Takes what is there (borrowed until the next pull), or waits for it; fails once the end is reached. */
  readonly pull: Effect.Effect<Batch, Socket.SocketError> = Effect.callback((resume) => {
    for (const chunk of this.#lent) chunk.fill(scribble)
    this.#lent = []
    this.#reader = resume
    this.deliver()
    return Effect.sync(() => {
      if (this.#reader === resume) this.#reader = undefined
    })
  })

  /** Copies the chunks into the pipe, all of them at once; then waits until they fit the capacity. */
  write(chunks: ReadonlyArray<Uint8Array>): Effect.Effect<void, Socket.SocketError> {
    return Effect.callback((resume) => {
      if (this.#writeFault !== undefined) return resume(Effect.fail(writeError(this.#writeFault)))
      for (const chunk of chunks) {
        if (chunk.length > 0) this.#chunks.push(new Uint8Array(chunk))
        this.#length += chunk.length
      }
      this.deliver()
      if (this.#length <= this.#capacity) return resume(Effect.void)
      this.#writers.add(resume)
      return Effect.sync(() => void this.#writers.delete(resume))
    })
  }

  /** Takes in a chunk that belongs to the pipe from now on, for which nobody waits; whoever reads hears of it with the next `deliver`. */
  put(chunk: Uint8Array): void {
    if (this.#readFault !== undefined) return
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** The writing side is done: what is on its way arrives, then the end of file. */
  end(): void {
    this.#writeFault ??= new Error("write after end")
    this.#readFault ??= closeError(1000)
    this.#failWriters()
    this.deliver()
  }

  /** The reading side is gone: a pull in flight fails, and so does every write from now on. */
  abandon(): void {
    this.#stop(closeError(1006), Object.assign(new Error("write EPIPE"), { code: "EPIPE" }))
  }

  /** The connection broke: what is on its way is lost. */
  breakOff(cause: Error): void {
    this.#stop(new Socket.SocketError({ reason: new Socket.SocketReadError({ cause }) }), cause)
  }

  #stop(readFault: Socket.SocketError, writeFault: Error): void {
    this.#chunks = []
    this.#length = 0
    this.#readFault = readFault
    this.#writeFault = writeFault
    this.#failWriters()
    this.deliver()
  }

  /** Hands what there is to whoever waits for it. */
  deliver(): void {
    const resume = this.#reader
    if (resume === undefined) return
    const batch = this.#take()
    if (batch === undefined && this.#readFault === undefined) return
    this.#reader = undefined
    this.#lent = batch ?? []
    if (batch !== undefined) this.#taken?.(batch.reduce((sum, chunk) => sum + chunk.length, 0))
    resume(batch === undefined ? Effect.fail(this.#readFault!) : Effect.succeed(batch))
    if (this.#length > this.#capacity) return
    const writers = [...this.#writers]
    this.#writers.clear()
    for (const writer of writers) writer(Effect.void)
  }

  #take(): Batch | undefined {
    if (this.#length === 0) return undefined
    if (this.#cut === undefined) {
      const [first, ...rest] = this.#chunks
      this.#chunks = []
      this.#length = 0
      return [first!, ...rest]
    }
    const size = Math.min(this.#length, Math.max(1, Math.floor(this.#cut(this.#length))))
    const chunk = new Uint8Array(size)
    let filled = 0
    while (filled < size) {
      const next = this.#chunks[0]!
      const part = next.subarray(0, size - filled)
      chunk.set(part, filled)
      filled += part.length
      if (part.length === next.length) this.#chunks.shift()
      else this.#chunks[0] = next.subarray(part.length)
    }
    this.#length -= size
    return [chunk]
  }

  #failWriters(): void {
    const writers = [...this.#writers]
    this.#writers.clear()
    for (const writer of writers) writer(Effect.fail(writeError(this.#writeFault!)))
  }
}

const closeError = (code: number) => new Socket.SocketError({ reason: new Socket.SocketCloseError({ code }) })

export const writeError = (cause: Error) => new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause }) })

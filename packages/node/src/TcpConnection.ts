/**
 * One TCP connection from dial or call to close, as plain callbacks turned into pulls and writes.
 *
 * Node's streams allocate 64 KiB for every read; `onread` lets us read into buffers of our own, at a fifth of the CPU time per byte.
 *
 * Invariants: the kernel is asked for bytes only while a pull waits, so at most one chunk is held here (by TLS as many as were deciphered together); a chunk that was handed out is not overwritten
 * before the next pull; once `#fault` is set it stays, and every pull ends in it after the bytes that came before. Faults are made when somebody hears of them: of two hundred
 * connections that are let go nobody does.
 */
import { Effect } from "effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
import { Socket } from "effect/socket"
import type * as Net from "node:net"
import { type ReadBuffers, sharedSize } from "./ReadBuffers.ts"

type Resume<A> = (effect: Effect.Effect<A, Socket.SocketError>) => void

/** A leased buffer goes back after so many reads in a row that the shared one could have taken. */
const quietReads = 1024

export class TcpConnection {
  readonly #buffers: ReadBuffers
  readonly #conn: Net.Socket
  /** What it emits when it stands. */
  readonly #opening: "connect" | "secureConnect"
  #lease: Uint8Array | undefined
  #quiet = 0
  #held: Array<Uint8Array> | undefined
  #puller: Resume<readonly [Uint8Array]> | undefined
  #writers: Set<Resume<void>> | undefined
  #fault: (() => Socket.SocketError) | undefined

  /** Reads what `open` opens, which may throw: it is told where bytes go, and nothing is read before the first pull. */
  constructor(
    open: (onread: Net.OnReadOpts) => Net.Socket,
    buffers: ReadBuffers,
    opening: "connect" | "secureConnect" = "connect",
  ) {
    this.#buffers = buffers
    this.#opening = opening
    this.#conn = open({
      buffer: () => this.#lease ?? buffers.shared,
      callback: (length, buffer) => this.#read(length, buffer),
    })
    this.#conn.pause()
    this.#conn.on("error", (cause) => this.#end(() => readError(cause), writeFailed(cause)))
    this.#conn.on("end", () => this.#end(closedNormally))
    this.#conn.on("close", () => this.#end(closedNormally, writeClosed))
    this.#conn.on("drain", () => this.#resumeWriters(Effect.void))
  }

  /** Waits for a connection that was dialled to stand; interrupted, it gives up at once. */
  get opened(): Effect.Effect<void, Socket.SocketError> {
    return Effect.callback((resume) => {
      this.#conn.once(this.#opening, () => resume(Effect.void))
      this.#conn.once("error", (cause) => resume(Effect.fail(openError(cause))))
      return Effect.sync(() => this.close(1006))
    })
  }

  /** The next bytes, borrowed until the pull after this one. */
  readonly pull: Effect.Effect<readonly [Uint8Array], Socket.SocketError> = Effect.callback((resume) => {
    const held = this.#held?.shift()
    if (held !== undefined) return resume(Effect.succeed([held]))
    if (this.#fault !== undefined) return resume(Effect.failSync(this.#fault))
    this.#puller = resume
    this.#conn.resume()
    return Effect.sync(() => {
      if (this.#puller === resume) this.#puller = undefined
    })
  })

  /** Sends a chunk; waits until it is on its way when too much is queued. It must not change, at any time. */
  write(chunk: Uint8Array | string): Effect.Effect<void, Socket.SocketError> {
    return Effect.suspend(() => {
      if (!this.#conn.writable) return this.#broken
      return this.#conn.write(chunk) || !this.#conn.writableNeedDrain ? Effect.void : this.#drained
    })
  }

  /** Sends the chunks as one, and waits until they have left this program: from then on they may change. */
  writeAll([first, ...others]: NonEmptyReadonlyArray<Uint8Array | string>): Effect.Effect<void, Socket.SocketError> {
    return Effect.callback((resume) => {
      if (!this.#conn.writable) return resume(this.#broken)
      const last = others.pop() ?? first
      this.#conn.cork()
      if (last !== first) this.#conn.write(first)
      for (const chunk of others) this.#conn.write(chunk)
      this.#conn.write(last, (cause) => resume(cause == null ? Effect.void : writeFailed(cause)))
      this.#conn.uncork()
    })
  }

  get #broken(): Effect.Effect<never, Socket.SocketError> {
    return this.#conn.errored === null ? writeClosed : writeFailed(this.#conn.errored)
  }

  /** Says that we will send no more. */
  endWriting(): void {
    this.#conn.end()
  }

  /** Hangs up at once: what was not sent is dropped, whoever waits here fails with the close `code`. */
  close(code: number): void {
    this.#conn.destroy()
    this.#end(() => closeError(code), writeClosed)
    this.#held = undefined
    this.#giveBack()
  }

  get #drained(): Effect.Effect<void, Socket.SocketError> {
    return Effect.callback((resume) => {
      const writers = (this.#writers ??= new Set())
      writers.add(resume)
      return Effect.sync(() => void writers.delete(resume))
    })
  }

  /** What the return value says is whether to go on reading. */
  #read(length: number, buffer: Uint8Array): boolean {
    const mine = buffer === this.#lease
    const view = buffer.subarray(0, length)
    const chunk = mine ? view : copy(view)
    if (length >= sharedSize) {
      this.#quiet = 0
      this.#lease ??= this.#buffers.lease()
    } else if (mine && ++this.#quiet > quietReads) {
      return this.#settle(chunk)
    }
    return this.#deliver(chunk)
  }

  /** Back to the shared buffer: the last chunk is copied out of the leased one, which then belongs to others. */
  #settle(chunk: Uint8Array): boolean {
    const own = copy(chunk)
    this.#giveBack()
    return this.#deliver(own)
  }

  #deliver(chunk: Uint8Array): boolean {
    const resume = this.#puller
    if (resume === undefined) {
      this.#held ??= []
      this.#held.push(chunk)
      return false
    }
    this.#puller = undefined
    resume(Effect.succeed([chunk]))
    // A reader that has pulled again by now keeps the socket in flow.
    return this.#puller !== undefined
  }

  #end(fault: () => Socket.SocketError, broken?: Effect.Effect<never, Socket.SocketError>): void {
    this.#fault ??= fault
    const resume = this.#puller
    this.#puller = undefined
    resume?.(Effect.failSync(this.#fault))
    if (broken !== undefined) this.#resumeWriters(broken)
  }

  #resumeWriters(outcome: Effect.Effect<void, Socket.SocketError>): void {
    const writers = this.#writers
    this.#writers = undefined
    for (const resume of writers ?? []) resume(outcome)
  }

  #giveBack(): void {
    if (this.#lease === undefined) return
    this.#buffers.giveBack(this.#lease)
    this.#lease = undefined
    this.#quiet = 0
  }
}

const copy = (bytes: Uint8Array): Uint8Array => {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  own.set(bytes)
  return own
}

export const openError = (cause: unknown): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind: "Unknown", cause }) })

const readError = (cause: Error) => new Socket.SocketError({ reason: new Socket.SocketReadError({ cause }) })

const closeError = (code: number) => new Socket.SocketError({ reason: new Socket.SocketCloseError({ code }) })

const closedNormally = () => closeError(1000)

const writeFailed = (cause: Error) =>
  Effect.failSync(() => new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause }) }))

const writeClosed = Effect.suspend(() => writeFailed(new Error("the socket is closed")))

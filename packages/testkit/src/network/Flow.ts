/**
 * One direction of a connection over two lines: out by the sender's, then the delay, then in by the receiver's.
 *
 * Invariants: `#held` is what was written and not read yet, wherever it is; whoever writes waits while that is more than the capacity; the end arrives behind the bytes.
 */
import { Effect } from "effect"
import type { Socket } from "effect/socket"
import { Pipe, writeError } from "../Pipe.ts"
import type { Agenda } from "./Agenda.ts"
import type { Cargo, Chunks, Pacer } from "./Pacer.ts"

type Resume = (effect: Effect.Effect<void, Socket.SocketError>) => void

export interface Way {
  readonly agenda: Agenda
  readonly up: Pacer
  readonly down: Pacer
  /** Milliseconds from one end to the other. */
  readonly delay: number
  /** Bytes that may be on their way or unread before a write has to wait. */
  readonly capacity: number
}

const end = new Uint8Array(0)

export class Flow {
  readonly #way: Way
  readonly #inbox: Pipe
  readonly #out: Load
  readonly #writers = new Set<Resume>()
  #held = 0
  #fault: Error | undefined

  constructor(way: Way) {
    const { agenda, delay, down } = way
    this.#way = way
    this.#inbox = new Pipe(Infinity, undefined, (bytes) => this.#read(bytes))
    const incoming = new Load((chunks) => {
      for (const chunk of chunks) {
        if (chunk === end) this.#inbox.end()
        else this.#inbox.put(chunk)
      }
      agenda.afterwards(this.#deliver)
    })
    this.#out = new Load((chunks, time) =>
      agenda.at(time + delay, (arrived) => {
        for (const chunk of chunks) incoming.add(chunk)
        down.offer(incoming, arrived)
      }),
    )
  }

  readonly #deliver = () => this.#inbox.deliver()

  /** The next bytes, borrowed until the pull after this one. */
  get pull(): Pipe["pull"] {
    return this.#inbox.pull
  }

  /** Sends copies of the chunks; waits until they fit the capacity. */
  write(chunks: ReadonlyArray<Uint8Array>): Effect.Effect<void, Socket.SocketError> {
    return Effect.callback((resume) => {
      if (this.#fault !== undefined) return resume(Effect.fail(writeError(this.#fault)))
      for (const chunk of chunks) {
        if (chunk.length === 0) continue
        this.#out.add(new Uint8Array(chunk))
        this.#held += chunk.length
      }
      this.#way.up.offer(this.#out, this.#way.agenda.now)
      if (this.#held <= this.#way.capacity) return resume(Effect.void)
      this.#writers.add(resume)
      return Effect.sync(() => void this.#writers.delete(resume))
    })
  }

  /** The writing side is done: what is on its way arrives, then the end of file. */
  end(): void {
    if (this.#fault !== undefined) return
    this.#out.add(end)
    this.#way.up.offer(this.#out, this.#way.agenda.now)
    this.#fail(new Error("write after end"))
  }

  /** The reading side is gone; whoever writes hears of it when the news has arrived. */
  abandon(): void {
    this.#inbox.abandon()
    const { agenda, delay } = this.#way
    agenda.at(agenda.now + delay, () => this.#drop(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })))
  }

  /** The connection broke: what is on its way is lost. */
  breakOff(cause: Error): void {
    this.#inbox.breakOff(cause)
    this.#drop(cause)
  }

  #read(bytes: number): void {
    this.#held -= bytes
    if (this.#held <= this.#way.capacity) this.#resume(Effect.void)
  }

  #drop(cause: Error): void {
    this.#out.clear()
    this.#fail(cause)
  }

  #fail(cause: Error): void {
    this.#fault ??= cause
    this.#resume(Effect.fail(writeError(this.#fault)))
  }

  #resume(outcome: Effect.Effect<void, Socket.SocketError>): void {
    if (this.#writers.size === 0) return
    const writers = [...this.#writers]
    this.#writers.clear()
    for (const resume of writers) resume(outcome)
  }
}

/** Chunks in order, cut as a line wants them. */
class Load implements Cargo {
  readonly passed: Cargo["passed"]
  #chunks: Array<Uint8Array> = []

  constructor(passed: Cargo["passed"]) {
    this.passed = passed
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
  }

  clear(): void {
    this.#chunks = []
  }

  take(most: number): Chunks {
    let room = most
    let whole = 0
    for (; whole < this.#chunks.length && this.#chunks[whole]!.length <= room; whole++)
      room -= this.#chunks[whole]!.length
    const taken = this.#chunks.splice(0, whole)
    const next = this.#chunks[0]
    if (next !== undefined && room > 0) {
      taken.push(next.subarray(0, room))
      this.#chunks[0] = next.subarray(room)
    }
    return taken
  }
}

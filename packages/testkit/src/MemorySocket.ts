/**
 * Two sockets in memory, wired to each other: what a TCP connection looks like to a program, without a machine below it.
 *
 * Bounded and back-pressured in bytes like a kernel's buffers. As strict as the contract of `Dialer` allows: a chunk is borrowed, and the pull after it
 * scribbles over it, so that a reader which holds on to one is found out.
 */
import { Effect, Latch } from "effect"
import { Socket } from "effect/socket"
import { Pipe } from "./Pipe.ts"

/** How a pair of sockets behaves. */
export interface Options {
  /** Bytes that each direction takes before a write has to wait; 64 KiB unless given. */
  readonly capacity?: number
  /** How many of the `available` bytes (≥ 1) the next chunk holds; unless given, all that there are, chunk by chunk as they were written. */
  readonly cut?: (available: number) => number
}

/** One end of a pair. */
export interface MemorySocket extends Socket.Socket {
  /** Breaks the connection: what is on its way is lost, and pulls and writes fail with `ECONNRESET` on both sides. */
  readonly reset: Effect.Effect<void>
}

/**
 * A connection and its two ends. An end connects when its `reader` is acquired, writes only then, and hangs up for good when that scope closes:
 * the other end reads what is on its way, then the end of file (`SocketCloseError` with code 1000), and its writes fail.
 */
export const makePair = (options: Options = {}): Effect.Effect<readonly [MemorySocket, MemorySocket]> =>
  Effect.sync(() => {
    const capacity = options.capacity ?? 65_536
    const there = new Pipe(capacity, options.cut)
    const back = new Pipe(capacity, options.cut)
    return [over(back, there), over(there, back)]
  })

/** The same socket, which tells when its reader is acquired and when that scope closes. */
export const watched = (
  { reader, writer }: Pick<Socket.Socket, "reader" | "writer">,
  told: { readonly opened: () => void; readonly closed: () => void },
): Socket.Socket => {
  const open = Effect.acquireRelease(Effect.sync(told.opened), () => Effect.sync(told.closed))
  return Socket.make({ writer, reader: Effect.andThen(open, reader) })
}

/** A socket that nobody listens at: acquiring its reader fails with a `SocketOpenError` whose cause has the errno as `code`. */
export const refused = (code = "ECONNREFUSED"): Socket.Socket =>
  Socket.make({
    reader: Effect.suspend(() =>
      Effect.fail(
        new Socket.SocketError({
          reason: new Socket.SocketOpenError({ kind: "Unknown", cause: errno("connect", code) }),
        }),
      ),
    ),
    writer: Effect.succeed({ write: () => Effect.never, writeAll: () => Effect.never }),
  })

/** A socket that never connects and never fails: an address behind a firewall. */
export const unanswered: Socket.Socket = Socket.make({
  reader: Effect.never,
  writer: Effect.succeed({ write: () => Effect.never, writeAll: () => Effect.never }),
})

/** What one direction of a connection is for who reads it, and for who writes. */
export type Inbox = Pick<Pipe, "pull" | "abandon" | "breakOff">
/** The direction in which one end writes. */
export type Outbox = Pick<Pipe, "write" | "end" | "breakOff">

/** One end of a connection whose two directions are these. */
export const over = (inbox: Inbox, outbox: Outbox): MemorySocket => {
  const opened = Latch.makeUnsafe(false)
  let used = false

  const hangUp = Effect.sync(() => {
    outbox.end()
    inbox.abandon()
  })

  const breakOff = Effect.sync(() => {
    outbox.breakOff(errno("read", "ECONNRESET"))
    inbox.breakOff(errno("read", "ECONNRESET"))
  })

  const reader: Socket.Socket["reader"] = Effect.suspend(() => {
    if (used) return refused().reader
    used = true
    return Effect.acquireRelease(
      Effect.as(opened.open, { pull: inbox.pull, upgrade: Socket.SocketUpgradeError.unsupported }),
      () => hangUp,
    )
  })

  const write: Socket.Writer["write"] = (chunk) =>
    opened.whenOpen(
      Socket.isCloseEvent(chunk) ? (chunk.code === 1000 ? hangUp : breakOff) : outbox.write([bytesOf(chunk)]),
    )

  const writeAll: Socket.Writer["writeAll"] = (chunks) => opened.whenOpen(outbox.write(chunks.map(bytesOf)))

  const writer: Socket.Socket["writer"] = Effect.acquireRelease(Effect.succeed({ write, writeAll }), () =>
    Effect.sync(() => outbox.end()),
  )

  return { ...Socket.make({ reader, writer }), reset: breakOff }
}

const encoder = new TextEncoder()

const bytesOf = (chunk: Uint8Array | string): Uint8Array => (typeof chunk === "string" ? encoder.encode(chunk) : chunk)

const errno = (call: string, code: string): Error =>
  Object.assign(new Error(`${call} ${code}`), { code, syscall: call })

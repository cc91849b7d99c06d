/** The `Socket` of `effect/socket` over TCP, for programs that read a lot: few system calls, no allocation per read, chunks borrowed until the next pull. */
import { Effect, Latch, type Scope } from "effect"
import { Socket } from "effect/socket"
import * as Net from "node:net"
import type { ReadBuffers } from "./ReadBuffers.ts"
import { openError, TcpConnection } from "./TcpConnection.ts"

/**
 * A socket that connects when its `reader` is acquired (`SocketOpenError` with the errno in `cause.code` when that fails; no time-out of its own), and
 * hangs up at once when that scope closes, whether or not the peer has read everything. Acquiring it again connects again. A chunk stays valid until the
 * next pull or the end of the scope. Chunks to write must not be changed before they are sent.
 */
export const make = (options: Net.TcpNetConnectOpts, buffers: ReadBuffers): Effect.Effect<Socket.Socket> =>
  dialled({ open: (onread) => Net.connect({ noDelay: true, ...options, onread }), opened: "connect" }, buffers)

/** What is opened, and what tells that it stands. */
export interface Opening {
  readonly open: (onread: Net.OnReadOpts) => Net.Socket
  readonly opened: "connect" | "secureConnect"
  /** Is tried instead after such a failure. */
  readonly otherwise?: (cause: unknown) => Effect.Effect<Opening | undefined>
}

/** The same for whatever is opened, such as TLS. */
export const dialled = (opening: Opening, buffers: ReadBuffers): Effect.Effect<Socket.Socket> =>
  over(attempt(opening, buffers))

const attempt = (
  { open, opened, otherwise }: Opening,
  buffers: ReadBuffers,
): Effect.Effect<TcpConnection, Socket.SocketError, Scope.Scope> => {
  const dial = Effect.try({ try: () => new TcpConnection(open, buffers, opened), catch: openError })
  const connect = Effect.tap(Effect.acquireRelease(dial, hangUp), ({ opened }) => opened)
  if (otherwise === undefined) return connect
  return Effect.catch(connect, (error) => {
    const again = otherwise("cause" in error.reason ? error.reason.cause : undefined)
    return Effect.flatMap(again, (opening) => (opening === undefined ? Effect.fail(error) : attempt(opening, buffers)))
  })
}

/** The same for a connection that stands already. It begins to read when the `reader` is acquired, which can be done once. */
export const accepted = (connection: TcpConnection): Effect.Effect<Socket.Socket> => {
  let used = false
  const take = Effect.suspend(() => {
    if (used) return Effect.fail(openError(new Error("the connection was used before")))
    used = true
    return Effect.succeed(connection)
  })
  return over(Effect.acquireRelease(take, hangUp))
}

const hangUp = (connection: TcpConnection) => Effect.sync(() => connection.close(1006))

const over = (connect: Effect.Effect<TcpConnection, Socket.SocketError, Scope.Scope>): Effect.Effect<Socket.Socket> =>
  Effect.sync(() => {
    let current: TcpConnection | undefined
    const opened = Latch.makeUnsafe(false)

    const reader: Socket.Socket["reader"] = Effect.gen(function* () {
      const connection = yield* connect
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          current = connection
          opened.openUnsafe()
        }),
        () =>
          Effect.sync(() => {
            if (current !== connection) return
            current = undefined
            opened.closeUnsafe()
          }),
      )
      return { pull: connection.pull, upgrade: Socket.SocketUpgradeError.unsupported }
    })

    /** A write without a connection waits for one. */
    const whenOpen = (
      use: (connection: TcpConnection) => Effect.Effect<void, Socket.SocketError>,
    ): Effect.Effect<void, Socket.SocketError> =>
      Effect.suspend(() => (current === undefined ? opened.whenOpen(whenOpen(use)) : use(current)))

    const writer: Socket.Socket["writer"] = Effect.acquireRelease(
      Effect.succeed<Socket.Writer>({
        write: (chunk) =>
          whenOpen((connection) =>
            Socket.isCloseEvent(chunk) ? Effect.sync(() => connection.close(chunk.code)) : connection.write(chunk),
          ),
        writeAll: (chunks) => whenOpen((connection) => connection.writeAll(chunks)),
      }),
      () => Effect.sync(() => current?.endWriting()),
    )

    return Socket.make({ reader, writer })
  })

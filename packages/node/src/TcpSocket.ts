/** The `Socket` of `effect/socket` over TCP, for programs that read a lot: few system calls, no allocation per read, chunks borrowed until the next pull. */
import { Effect, Latch } from "effect"
import { Socket } from "effect/socket"
import type * as Net from "node:net"
import type { ReadBuffers } from "./ReadBuffers.ts"
import { openError, TcpConnection } from "./TcpConnection.ts"

/**
 * A socket that connects when its `reader` is acquired (`SocketOpenError` with the errno in `cause.code` when that fails; no time-out of its own), and
 * hangs up at once when that scope closes, whether or not the peer has read everything. Acquiring it again connects again. A chunk stays valid until the
 * next pull or the end of the scope. Chunks to write must not be changed before they are sent.
 */
export const make = (options: Net.TcpNetConnectOpts, buffers: ReadBuffers): Effect.Effect<Socket.Socket> =>
  Effect.sync(() => {
    let current: TcpConnection | undefined
    const opened = Latch.makeUnsafe(false)

    const connect = Effect.acquireRelease(
      Effect.try({ try: () => new TcpConnection(options, buffers), catch: openError }),
      (connection) =>
        Effect.sync(() => {
          if (current === connection) {
            current = undefined
            opened.closeUnsafe()
          }
          connection.close(1006)
        }),
    )

    const reader: Socket.Socket["reader"] = Effect.gen(function* () {
      const connection = yield* connect
      yield* connection.opened
      current = connection
      opened.openUnsafe()
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
            Socket.isCloseEvent(chunk) ? Effect.sync(() => connection.close(chunk.code)) : connection.write([chunk]),
          ),
        writeAll: (chunks) => whenOpen((connection) => connection.write(chunks)),
      }),
      () => Effect.sync(() => current?.endWriting()),
    )

    return Socket.make({ reader, writer })
  })

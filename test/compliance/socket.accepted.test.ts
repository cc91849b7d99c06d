/** Connections that were accepted read and write like those that were dialled: by our own read path, and by the stock one. */
import { NodeListener } from "@unchoke/node"
import { adopt } from "@unchoke/node/internal"
import { ReadBuffers, TcpConnection, TcpSocket } from "@unchoke/node/internal"
import { Effect } from "effect"
import * as Net from "node:net"
import { Listener } from "@unchoke/engine"
import { socketCompliance } from "./socket.ts"
import { acceptedAdapter } from "./tcp.ts"

socketCompliance(
  "NodeListener",
  acceptedAdapter((accepted) =>
    Effect.flatMap(Listener, ({ listen }) =>
      listen([0], ({ socket }) =>
        Effect.andThen(
          Effect.sync(() => accepted(socket)),
          Effect.never,
        ),
      ),
    ).pipe(
      Effect.map(({ port }) => port),
      Effect.orDie,
      Effect.provide(NodeListener.layer),
    ),
  ),
)

/** A server whose connections are opened in this way. */
const server = (open: (conn: Net.Socket, onread: Net.OnReadOpts) => Net.Socket) =>
  acceptedAdapter((accepted) =>
    Effect.acquireRelease(
      Effect.callback<{ server: Net.Server; open: Set<TcpConnection> }>((resume) => {
        const connections = new Set<TcpConnection>()
        const server = Net.createServer({ pauseOnConnect: true, noDelay: true }, (conn) => {
          const connection = new TcpConnection((onread) => open(conn, onread), new ReadBuffers())
          connections.add(connection)
          accepted(Effect.runSync(TcpSocket.accepted(connection)))
        }).listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, open: connections })))
      }),
      ({ open, server }) =>
        Effect.sync(() => {
          server.close()
          for (const connection of open) connection.close(1006)
        }),
    ).pipe(Effect.map(({ server }) => (server.address() as Net.AddressInfo).port)),
  )

socketCompliance("an accepted connection by the stock read path", server(adopt.stock))

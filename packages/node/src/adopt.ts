/**
 * The read path of our own for a connection that a server has accepted.
 *
 * Node lets who dials say where bytes are read into (`onread`), and not who accepts. So the handle below the server's socket is put under a socket of our own. That takes a field and an option that are
 * not documented: where they are not as expected, bytes come by the stock path (a GiB on loopback: 2.0 CPU-s instead of 0.3).
 */
import * as Net from "node:net"

/** A socket for the same connection, which reads as `onread` says. `conn` must be paused, and is not to be used any more. */
export const adopt = (conn: Net.Socket, onread: Net.OnReadOpts): Net.Socket =>
  rewrapped(conn, onread) ?? stock(conn, onread)

interface Handle {
  readonly readStart: () => number
}

/** `undefined`, and `conn` as it was, where Node does not let us. */
export const rewrapped = (conn: Net.Socket, onread: Net.OnReadOpts): Net.Socket | undefined => {
  const within = conn as unknown as { _handle?: Handle | null }
  const handle = within._handle
  if (typeof handle?.readStart !== "function") return undefined
  within._handle = null
  try {
    const socket = new Net.Socket({ handle, onread } as unknown as Net.SocketConstructorOpts)
    // The server counts it as gone.
    conn.destroy()
    return socket
  } catch {
    within._handle = handle
    return undefined
  }
}

/** The connection as the server gave it: each chunk is allocated by Node, and copied once more. */
export const stock = (conn: Net.Socket, { callback }: Net.OnReadOpts): Net.Socket =>
  conn.on("data", (chunk: Buffer) => {
    if (!callback(chunk.length, chunk)) conn.pause()
  })

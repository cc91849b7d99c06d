/** What a socket's failure means for a probe: its errno in the words of the error catalogue. */
import type { Socket } from "effect/socket"
import { NotEncrypted } from "./encryption/NotEncrypted.ts"
import type { ConnectFailed, Disconnected } from "./errors.ts"

const errno = ({ reason }: Socket.SocketError): unknown =>
  "cause" in reason && typeof reason.cause === "object" && reason.cause !== null && "code" in reason.cause
    ? reason.cause.code
    : undefined

/** Why a connection could not be opened. */
export const connectReason = (error: Socket.SocketError): ConnectFailed["reason"] => {
  if (error.reason._tag === "SocketOpenError" && error.reason.kind === "Timeout") return "timed out"
  switch (errno(error)) {
    case "ECONNREFUSED":
      return "refused"
    case "ETIMEDOUT":
      return "timed out"
    case "ECONNRESET":
      return "reset"
    case "EHOSTUNREACH":
    case "EHOSTDOWN":
    case "ENETUNREACH":
    case "ENETDOWN":
    // Linux, where a route of type "blackhole" leads.
    case "EINVAL":
    case "EADDRNOTAVAIL":
    case "EACCES":
    case "EPERM":
      return "unreachable"
    case "EMFILE":
    case "ENFILE":
    case "ENOBUFS":
      return "no sockets left"
    default:
      return "other"
  }
}

/** Whether the peer (or something between us) broke the connection off. */
export const isReset = (error: Socket.SocketError): boolean =>
  ["ECONNRESET", "EPIPE", "ECONNABORTED"].includes(String(errno(error)))

/** How no handshake came about. */
export const handshakeReason = (error: Socket.SocketError): "closed" | "reset" | "not BitTorrent" =>
  "cause" in error.reason && error.reason.cause instanceof NotEncrypted
    ? "not BitTorrent"
    : isReset(error)
      ? "reset"
      : "closed"

/** How an open connection ended. */
export const disconnectReason = (error: Socket.SocketError): Disconnected["reason"] =>
  isReset(error) ? "reset" : error.reason._tag === "SocketCloseError" ? "closed" : "other"

/** What the compliance suite needs to know of a socket implementation: how to get one, and who sits at its other end. */
import type { Effect, Scope } from "effect"
import type { Socket } from "effect/socket"

/** The other end of the connection, played by the test. Its calls wait until somebody has connected. */
export interface Remote {
  /** Sends with back-pressure: returns when the bytes are on their way. Fails when the connection is gone. */
  readonly send: (bytes: Uint8Array) => Effect.Effect<void, Error>
  /** Reads exactly `count` bytes, or as many as there were before the end. */
  readonly receive: (count: number) => Effect.Effect<Uint8Array>
  /** Says that it will send no more, and goes on reading. */
  readonly end: Effect.Effect<void>
  readonly reset: Effect.Effect<void>
  /** Drops what arrives until our side has ended or broken the connection. */
  readonly gone: Effect.Effect<"ended" | "broken">
}

export interface Connected {
  /** Not yet acquired: acquiring its reader connects. */
  readonly socket: Socket.Socket
  readonly remote: Remote
}

export interface SocketAdapter {
  readonly connect: Effect.Effect<Connected, never, Scope.Scope>
  /** A socket whose connection will be refused; none where connections stand already. */
  readonly refused?: Effect.Effect<Socket.Socket, never, Scope.Scope>
  /** A socket whose connection will never be answered; none where connections stand already. */
  readonly unanswered?: Effect.Effect<Socket.Socket, never, Scope.Scope>
  /** More bytes than the buffers between the two ends ever take. */
  readonly flood: number
  /** Whether a write that begins when the connection is already gone fails (the stock adapter of effect waits for ever). */
  readonly failsLateWrites: boolean
}

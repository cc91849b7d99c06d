/** The port to the network for a node: one socket for a family, at which others reach it as well. */
import { Context, type Effect, Schema, type Scope } from "effect"
import type { NetAddress } from "effect/net"

/** There is no socket of this family: the machine has none, or none of the ports is free. */
export class NoSocket extends Schema.TaggedError<NoSocket>()("NoSocket", {
  family: Schema.Literals(["IPv4", "IPv6"]),
  reason: Schema.Literals(["in use", "permission denied", "no such network", "other"]),
  cause: Schema.optional(Schema.Defect()),
}) {
  /** Of which family of addresses. */
  declare readonly family: NetAddress.IpFamily
  /** What the system said of the last port that was tried. */
  declare readonly reason: typeof NoSocket.fields.reason.Type
  /** Its own error. */
  declare readonly cause?: unknown

  override get message(): string {
    return `no UDP socket for ${this.family}: ${this.reason === "other" ? "the system refused" : this.reason}`
  }
}

/** An open socket. */
export interface Socket {
  readonly port: number
  /** Sends a packet, or loses it: nothing is told, as it is with datagrams. What waits to be sent is bounded. */
  readonly send: (packet: Uint8Array, to: NetAddress.InetAddress) => void
}

/** Provides UDP. A family that this machine does not have is a `NoSocket`. */
export class Datagrams extends Context.Service<
  Datagrams,
  {
    /** Opens a socket on the first of the ports that is free, until the scope ends; 0 is any. Packets are given one by one, plainly: what they are given to does not wait, and keeps nothing of them. */
    readonly open: (
      family: NetAddress.IpFamily,
      ports: ReadonlyArray<number>,
      receive: (packet: Uint8Array, from: NetAddress.InetAddress) => void,
    ) => Effect.Effect<Socket, NoSocket, Scope.Scope>
  }
>()("@unchoke/dht/Datagrams") {}

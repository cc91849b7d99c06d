/** The port to the network from the other side: how peers call us. */
import type { Encryption } from "@unchoke/protocol"
import { Context, type Effect, Schema, type Scope } from "effect"
import type { NetAddress } from "effect/net"
import type { Socket } from "effect/socket"

/** A connection that a peer has opened. */
export interface Incoming {
  /** From where it calls: its port is not the one at which it can be called. */
  readonly peer: NetAddress.InetAddress
  /** Acquiring its `reader` begins to read, once; chunks may be borrowed, as with a `Dialer`'s. */
  readonly socket: Socket.Socket
  /** How its bytes are sent, once it has spoken, where it has asked for encryption. */
  readonly encrypted?: () => Encryption.Method | undefined
}

/** We cannot be called: none of the ports is to be had. */
export class ListenFailed extends Schema.TaggedError<ListenFailed>()("ListenFailed", {
  ports: Schema.Array(Schema.Int),
  reason: Schema.Literals(["in use", "permission denied", "other"]),
  cause: Schema.optional(Schema.Defect()),
}) {
  /** Those that were tried. */
  declare readonly ports: ReadonlyArray<number>
  /** What the system said of the last. */
  declare readonly reason: typeof ListenFailed.fields.reason.Type
  /** Its own error. */
  declare readonly cause?: unknown

  override get message(): string {
    const ports = this.ports.length === 1 ? `port ${this.ports[0]}` : `ports ${this.ports[0]} to ${this.ports.at(-1)}`
    return `cannot listen on ${ports}: ${this.reason === "other" ? "the system refused" : this.reason}`
  }
}

/** Provides the ports at which peers call us; without it we only call others. */
export class Listener extends Context.Service<
  Listener,
  {
    /**
     * Listens on the first of the ports that is free, for IPv4 and IPv6, until the scope ends; 0 is any that is free. Every connection is welcomed in a fiber and a scope of its own, and is
     * closed when `welcome` has ended. `infoHashes` are the torrents that one may call about: who encrypts its call names one of them in a way that only those understand who have it (default: none).
     */
    readonly listen: (
      ports: ReadonlyArray<number>,
      welcome: (incoming: Incoming) => Effect.Effect<void, never, Scope.Scope>,
      infoHashes?: () => Iterable<Uint8Array>,
    ) => Effect.Effect<{ readonly port: number }, ListenFailed, Scope.Scope>
  }
>()("unchoke/Listener") {}

/** The port to the networks that this machine is in: what is said there is heard by everybody who listens. */
import { Context, type Effect, Schema, type Scope } from "effect"
import type { NetAddress } from "effect/net"

/** A datagram that somebody in one of our networks has sent to a group. */
export interface Heard {
  readonly from: NetAddress.IpAddress
  /** Not changed by anybody afterwards. */
  readonly datagram: Uint8Array
}

/** What one can do who is a member of groups. */
export interface Membership {
  /** Says it in each network, those included that this machine has come into meanwhile. Whom it does not reach is not known. */
  readonly send: (group: NetAddress.InetAddress, datagram: Uint8Array) => Effect.Effect<void>
}

/** Nothing can be heard in any network. */
export class MulticastFailed extends Schema.TaggedError<MulticastFailed>()("MulticastFailed", {
  reason: Schema.Literals(["in use", "permission denied", "other"]),
  cause: Schema.optional(Schema.Defect()),
}) {
  /** What the system said. */
  declare readonly reason: typeof MulticastFailed.fields.reason.Type
  /** Its own error. */
  declare readonly cause?: unknown

  override get message(): string {
    return this.reason === "other" ? "the system refuses to listen" : `its port is ${wordsFor[this.reason]}`
  }
}

const wordsFor = { "in use": "in use by another program", "permission denied": "not to be had: permission denied" }

/** Provides local discovery (BEP 14); without it nobody in the local network is asked. */
export class Multicast extends Context.Service<
  Multicast,
  {
    /**
     * Hears what is sent to these groups, until the scope ends; only from hosts in the networks that this machine is in. There is no membership where it is in none.
     */
    readonly join: (
      groups: ReadonlyArray<NetAddress.InetAddress>,
      heard: (heard: Heard) => void,
    ) => Effect.Effect<Membership | undefined, MulticastFailed, Scope.Scope>
  }
>()("unchoke/Multicast") {}

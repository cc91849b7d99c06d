/** What happens while we look for a peer. */
import { Schema } from "effect"
import { type AboutPeer, ProbeError, Seen, type SeenPeer } from "../peer/errors.ts"
import type { Cases } from "../told.ts"

/** What a choice of peers tells while it runs, each event by its `_tag`. */
export declare namespace ProbeEvent {
  /** A dial begins. */
  export interface Dialling extends AboutPeer {
    readonly _tag: "Dialling"
  }

  /** The TCP connection stands. */
  export interface Connected extends AboutPeer {
    readonly _tag: "Connected"
  }

  /** The peer has everything and knows that we are interested: only its `unchoke` is missing. */
  export interface Parked extends SeenPeer {
    readonly _tag: "Parked"
  }

  /** The probe ended without a link. */
  export interface Rejected extends AboutPeer {
    readonly _tag: "Rejected"
    /** At which step it ended, and how. */
    readonly error: ProbeError
  }
}

/** One thing that has happened to a candidate: `switch` on its `_tag`. */
export type ProbeEvent = ProbeEvent.Dialling | ProbeEvent.Connected | ProbeEvent.Parked | ProbeEvent.Rejected

const about = { peer: Schema.InetAddressFromString }

/** How these events are encoded. */
export const probeCases = {
  Dialling: about,
  Connected: about,
  Parked: { ...about, seen: Seen },
  Rejected: { ...about, error: ProbeError },
}

/** What a choice of peers tells while it runs, by `_tag`; a schema, so that events can be written down as JSON and read again. */
export const ProbeEvent: Schema.TaggedUnion<Cases<typeof probeCases, ProbeEvent>> = Schema.TaggedUnion(probeCases)

/** What happens while we look for a peer. */
import { Schema } from "effect"
import { ProbeError, Seen } from "../peer/errors.ts"

const peer = Schema.InetAddressFromString

/** What a choice of peers tells while it runs, by `_tag`; a schema, so that events can be written down as JSON and read again. */
export const ProbeEvent = Schema.TaggedUnion({
  /** A dial begins. */
  Dialling: { peer },
  /** The TCP connection stands. */
  Connected: { peer },
  /** The peer has everything and knows that we are interested: only its `unchoke` is missing. */
  Parked: { peer, seen: Seen },
  /** The probe ended without a link. */
  Rejected: { peer, error: ProbeError },
})
/** One thing that has happened to a candidate: `switch` on its `_tag`. */
export type ProbeEvent = typeof ProbeEvent.Type

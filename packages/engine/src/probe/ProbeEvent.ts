/** What happens while we look for a peer. */
import { Schema } from "effect"
import { ProbeError, Seen } from "../peer/errors.ts"

const peer = Schema.InetAddressFromString

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
export type ProbeEvent = typeof ProbeEvent.Type

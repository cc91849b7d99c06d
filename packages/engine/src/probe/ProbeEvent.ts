/** What happens while we look for a peer. */
import { Schema } from "effect"
import type { Cases } from "../documented.ts"
import { ProbeError, Seen } from "../peer/errors.ts"

const about = {
  /** Whom it is about: the address at which it was called. */
  peer: Schema.InetAddressFromString,
}

const cases = {
  /** A dial begins. */
  Dialling: about,
  /** The TCP connection stands. */
  Connected: about,
  /** The peer has everything and knows that we are interested: only its `unchoke` is missing. */
  Parked: {
    ...about,
    /** What is known of it by now, and how long each step took. */
    seen: Seen,
  },
  /** The probe ended without a link. */
  Rejected: {
    ...about,
    /** At which step it ended, and how. */
    error: ProbeError,
  },
}

/** What a choice of peers tells while it runs, by `_tag`; a schema, so that events can be written down as JSON and read again. */
export const ProbeEvent: Schema.TaggedUnion<Cases<typeof cases>> = Schema.TaggedUnion(cases)
/** One thing that has happened to a candidate: `switch` on its `_tag`. */
export type ProbeEvent = typeof ProbeEvent.Type

/** A link that is open before there is a swarm to take it in. */
import type { Effect } from "effect"
import type { Link } from "../peer/Link.ts"

export interface Guest {
  readonly link: Link
  /** Hangs up. */
  readonly leave: Effect.Effect<void>
}

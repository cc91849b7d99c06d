/** What a probe is given beside its torrent, where nobody waits for it and nobody looks on. */
import { Effect } from "effect"
import { Deadlines } from "@unchoke/engine"

export const unhurried = {
  deadlines: Deadlines.race,
  hurried: Effect.never,
  overdue: Effect.void,
  pace: Effect.void,
  connected: Effect.void,
  parked: () => Effect.void,
}

/**
 * What is told while whoever tells it goes on: nobody who talks to a peer waits for who takes the events.
 *
 * A peer that is not listened to, or not spoken to, seems to be slow, or hangs up, and would be blamed for our silence. So a conversation tells in passing what happens in the midst of it, and waits only where it begins
 * or ends: with that what is untold is bounded, by how many conversations there may be. Invariant: events come in the order in which they were told, in passing or not.
 */
import { Effect, type Scope } from "effect"

/** It is told in its turn, unless the scope ends before. To be used for what is few between two that are waited for. */
export const inPassing =
  (scope: Scope.Scope) =>
  (telling: Effect.Effect<void>): Effect.Effect<void> =>
    telling === Effect.void ? Effect.void : Effect.asVoid(Effect.forkIn(telling, scope, { startImmediately: true }))

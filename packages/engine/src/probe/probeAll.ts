/** Probe many peers at once. */
import { Effect, Scope, Semaphore, type Stream } from "effect"
import type { NetAddress } from "effect/net"
import type { Dialer } from "../peer/Dialer.ts"
import type { Link } from "../peer/Link.ts"
import { attempt, type ProbingOptions } from "./attempt.ts"
import { callAll, seats } from "./callAll.ts"

export interface Probing {
  readonly options: ProbingOptions
  /** Decides about a peer that passed: true keeps its link, and its socket stays open below the caller's scope, or until `socket` is closed. */
  readonly keep: (link: Link, socket: Scope.Closeable) => boolean
  /** Ends when `keep` is to be asked again about those that it did not keep (default: they are closed at once). */
  readonly reserved?: Effect.Effect<void> | undefined
  /** Run for each peer that passed, after that decision. */
  readonly passed: (link: Link) => Effect.Effect<void>
}

/**
 * Ends when the list has ended and every probe too. Candidates may arrive while it runs. Interrupting it ends the probes; the links that were kept belong to the caller's
 * scope.
 */
export const probeAll = (
  candidates: Stream.Stream<NetAddress.InetAddress>,
  { keep, options, passed, reserved }: Probing,
): Effect.Effect<void, never, Dialer | Scope.Scope> =>
  Effect.flatMap(Effect.scope, (owner) =>
    Effect.scoped(
      callAll(candidates, {
        pace: options.pace,
        seats: Semaphore.makeUnsafe(seats),
        visit: (peer, visit) =>
          attempt({ peer, options, ...visit, keep, reserved }).pipe(
            Effect.flatMap(passed),
            Effect.provideService(Scope.Scope, owner),
          ),
      }),
    ),
  )

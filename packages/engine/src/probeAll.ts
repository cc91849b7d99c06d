/** Probe many peers at once, bounded: dead and unwilling ones never hold up the living behind them. */
import { Effect, FiberSet, Latch, Scope, Semaphore, Stream } from "effect"
import type { NetAddress } from "effect/net"
import { attempt, type ProbingOptions } from "./attempt.ts"
import type { Dialer } from "./Dialer.ts"
import type { Link } from "./Link.ts"

/** Dials in flight at once. A dial gives its slot back when it fails or connects; a handshake or a parked peer holds none. */
export const dialSlots = 128

/** Open connections at once, parked peers included (libtorrent's session limit). */
export const seats = 200

export interface Probing {
  readonly options: ProbingOptions
  /** Decides about a peer that passed: true keeps its link, and its socket stays open below the caller's scope. */
  readonly keep: (link: Link) => boolean
  /** Run for each peer that passed, after that decision. */
  readonly passed: (link: Link) => Effect.Effect<void>
}

/**
 * Ends when the list has ended and every probe too. Candidates may arrive while it runs. Interrupting it ends the probes; the links that were kept belong to the caller's
 * scope.
 */
export const probeAll = (
  candidates: Stream.Stream<NetAddress.InetAddress>,
  probing: Probing,
): Effect.Effect<void, never, Dialer | Scope.Scope> =>
  Effect.flatMap(Effect.scope, (owner) => Effect.scoped(run(candidates, probing, owner)))

const run = Effect.fnUntraced(function* (
  candidates: Stream.Stream<NetAddress.InetAddress>,
  { keep, options, passed }: Probing,
  owner: Scope.Scope,
): Effect.fn.Return<void, never, Dialer | Scope.Scope> {
  const slots = Semaphore.makeUnsafe(dialSlots)
  const free = Semaphore.makeUnsafe(seats)
  // Open while a candidate waits for a slot: the dials in flight are then given less time.
  const waiting = Latch.makeUnsafe(false)
  const probes = yield* FiberSet.make<unknown>()

  const enter = Effect.fnUntraced(function* (peer: NetAddress.InetAddress) {
    yield* free.take(1)
    yield* waiting.open
    yield* slots.take(1)
    yield* waiting.close
    yield* options.pace
    let holdsSlot = true
    const giveSlotBack = Effect.suspend(() => {
      if (!holdsSlot) return Effect.void
      holdsSlot = false
      return slots.release(1)
    })
    yield* attempt({ peer, options, hurried: waiting.await, connected: giveSlotBack, keep }).pipe(
      Effect.flatMap(passed),
      Effect.provideService(Scope.Scope, owner),
      Effect.ensuring(Effect.andThen(giveSlotBack, free.release(1))),
      Effect.ignore,
      FiberSet.run(probes),
    )
  })
  yield* Stream.runForEach(candidates, enter)
  yield* FiberSet.awaitEmpty(probes)
})

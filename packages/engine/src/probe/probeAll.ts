/** Probe many peers at once, bounded: dead and unwilling ones never hold up the living behind them. */
import { Effect, FiberSet, Latch, Scope, Semaphore, Stream } from "effect"
import { NetAddress } from "effect/net"
import { attempt, type ProbingOptions } from "./attempt.ts"
import type { Dialer } from "../peer/Dialer.ts"
import type { Link } from "../peer/Link.ts"
import { Permit } from "./Permit.ts"

/**
 * Dials at once of which we may still hear. A dial gives its slot back when it fails, connects, or has said nothing for half a second; so a thousand dead addresses a second go by,
 * and the pace bounds how many of them are still waited for.
 */
export const dialSlots = 512

/** Open connections at once, parked peers included (libtorrent's session limit): while there are so many, nobody is dialled, and who connects all the same waits. */
export const seats = 200

/** Dials at once to one host, whatever the ports. */
export const dialsPerHost = 4

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
  const chairs = Semaphore.makeUnsafe(seats)
  const hosts = new Map<string, Semaphore.Semaphore>()
  // Open while a candidate waits for a slot: the dials in flight are then given less time.
  const waiting = Latch.makeUnsafe(false)
  const probes = yield* FiberSet.make<unknown>()

  const probe = (peer: NetAddress.InetAddress, slot: Permit, host: Permit) => {
    const chair = new Permit(chairs)
    const answered = Effect.andThen(slot.release, host.release)
    return attempt({
      peer,
      options,
      hurried: waiting.await,
      overdue: slot.release,
      connected: Effect.andThen(answered, chair.take),
      keep,
    }).pipe(
      Effect.flatMap(passed),
      Effect.provideService(Scope.Scope, owner),
      Effect.ensuring(Effect.andThen(answered, chair.release)),
      Effect.ignore,
    )
  }
  const enter = Effect.fnUntraced(function* (peer: NetAddress.InetAddress, host: Permit) {
    const slot = new Permit(slots)
    yield* host.take
    yield* chairs.withPermit(Effect.void)
    yield* waiting.open
    yield* slot.take
    yield* waiting.close
    yield* options.pace
    yield* FiberSet.run(probes, probe(peer, slot, host))
  })
  yield* Stream.runForEach(candidates, (peer) => {
    const name = NetAddress.formatHost(peer)
    const host = hosts.get(name)
    // Whoever may have to wait for others of its host holds up nobody else.
    if (host !== undefined) return FiberSet.run(probes, enter(peer, new Permit(host)))
    const first = Semaphore.makeUnsafe(dialsPerHost)
    hosts.set(name, first)
    return enter(peer, new Permit(first))
  })
  yield* FiberSet.awaitEmpty(probes)
})

/** Call many peers at once, bounded: dead and unwilling ones never hold up the living behind them. */
import { Effect, FiberSet, Latch, type Scope, Semaphore, Stream } from "effect"
import { NetAddress } from "effect/net"
import type { Dialer } from "../peer/Dialer.ts"
import { Permit, type Permits } from "./Permit.ts"

/**
 * Dials at once of which we may still hear. A dial gives its slot back when it fails, connects, or has said nothing for half a second; so a thousand dead addresses a second go by,
 * and the pace bounds how many of them are still waited for.
 */
export const dialSlots = 512

/** Open connections at once, parked peers included (libtorrent's session limit): while there are so many, nobody is dialled, and who connects all the same waits. */
export const seats = 200

/** Dials at once to one host, whatever the ports. */
export const dialsPerHost = 4

/** What a visit tells of its dial, and is told. */
export interface Visit {
  /** Ends when other candidates wait for this dial's slot. */
  readonly hurried: Effect.Effect<void>
  /** To be run when the dial has said nothing for longer than a living peer takes. */
  readonly overdue: Effect.Effect<void>
  /** To be run as soon as the TCP connection stands; ends when there is a seat for it, which it has until the visit ends. */
  readonly connected: Effect.Effect<void>
}

export interface Calling {
  /** Ends when one more dial may begin. */
  readonly pace: Effect.Effect<void>
  readonly seats: Permits
  /** One conversation, from dial to end. */
  readonly visit: (peer: NetAddress.InetAddress, visit: Visit) => Effect.Effect<unknown, unknown, Dialer | Scope.Scope>
}

/** Ends when the list has ended and every visit too. Candidates may arrive while it runs. Interrupting it ends the visits; what they leave open belongs to the caller's scope. */
export const callAll = Effect.fnUntraced(function* (
  candidates: Stream.Stream<NetAddress.InetAddress>,
  { pace, seats, visit }: Calling,
): Effect.fn.Return<void, never, Dialer | Scope.Scope> {
  const slots = Semaphore.makeUnsafe(dialSlots)
  const hosts = new Map<string, Semaphore.Semaphore>()
  // Open while a candidate waits for a slot: the dials in flight are then given less time.
  const waiting = Latch.makeUnsafe(false)

  const call = (peer: NetAddress.InetAddress, slot: Permit, host: Permit) => {
    const seat = new Permit(seats)
    const answered = Effect.andThen(slot.release, host.release)
    return visit(peer, {
      hurried: waiting.await,
      overdue: slot.release,
      connected: Effect.andThen(answered, seat.take),
    }).pipe(Effect.ensuring(Effect.andThen(answered, seat.release)), Effect.ignore)
  }
  const calls = yield* FiberSet.make<unknown>()
  const enter = Effect.fnUntraced(function* (peer: NetAddress.InetAddress, host: Permit) {
    const slot = new Permit(slots)
    const seat = new Permit(seats)
    yield* host.take
    yield* Effect.andThen(seat.take, seat.release)
    yield* waiting.open
    yield* slot.take
    yield* waiting.close
    yield* pace
    yield* FiberSet.run(calls, call(peer, slot, host))
  })
  yield* Stream.runForEach(candidates, (peer) => {
    const name = NetAddress.formatHost(peer)
    const host = hosts.get(name)
    // Whoever may have to wait for others of its host holds up nobody else.
    if (host !== undefined) return FiberSet.run(calls, enter(peer, new Permit(host)))
    const first = Semaphore.makeUnsafe(dialsPerHost)
    hosts.set(name, first)
    return enter(peer, new Permit(first))
  })
  yield* FiberSet.awaitEmpty(calls)
})

/**
 * Choose the peer to download from: the first of many that passes its probe, in sequence or in a race.
 *
 * Invariants: a failed probe gives back its socket before its rejection is reported; a losing one is closed with the choice; after it exactly one socket is
 * open, or none. Every candidate is accounted for: it is the winner, it is rejected with a typed error, or it is undecided.
 */
import { Deferred, Effect, Exit, FiberSet, Latch, Pull, Scope, Semaphore, Stream } from "effect"
import type { NetAddress } from "effect/net"
import type { Deadlines } from "./Deadlines.ts"
import type { Dialer } from "./Dialer.ts"
import { NoSuitablePeer, type ProbeError } from "./errors.ts"
import type { Link } from "./Link.ts"
import { probe } from "./probe.ts"
import type { ProbeEvent } from "./ProbeEvent.ts"
import type { Self } from "./Self.ts"
import type { Torrent } from "./Torrent.ts"

/** One after the other, or many at once. */
export type Strategy = "race" | "sequence"

export interface ChooseOptions {
  readonly torrent: Torrent
  readonly self: Self
  readonly strategy: Strategy
  readonly deadlines: Deadlines
  /** Ends when one more dial may begin. */
  readonly pace: Effect.Effect<void>
  readonly report: (event: ProbeEvent) => Effect.Effect<void>
}

export interface Choice {
  /** Open, unchoked, and complete. Its socket belongs to the scope in which the choice was made. */
  readonly link: Link
  readonly rejections: ReadonlyArray<ProbeError>
  /** Candidates whose probe had not ended, or not begun, when the winner was found. */
  readonly undecided: ReadonlyArray<NetAddress.InetAddress>
}

/** Dials in flight at once. A dial gives its slot back when it fails or connects: dead peers must not hold up the living behind them. */
export const dialSlots = 128

/** Open connections at once, parked peers included (libtorrent's session limit). */
export const seats = 200

/**
 * The first candidate that passes its probe. Fails with every candidate's verdict when the list ends and none has passed.
 *
 * Candidates may arrive while the choice is under way; they join it.
 */
export const choosePeer = Effect.fn("unchoke.choosePeer")(function* (
  candidates: Stream.Stream<NetAddress.InetAddress>,
  options: ChooseOptions,
): Effect.fn.Return<Choice, NoSuitablePeer, Dialer | Scope.Scope> {
  const ledger = new Ledger()
  const arriving = Stream.tap(candidates, (peer) => Effect.sync(() => ledger.open(peer)))
  const link = yield* options.strategy === "race" ? race(arriving, ledger, options) : sequence(arriving, ledger, options)
  return { link, rejections: ledger.rejections, undecided: ledger.undecided(link.peer) }
})

/** Who takes part, and how it ended for them. */
class Ledger {
  readonly rejections: Array<ProbeError> = []
  readonly #undecided = new Set<NetAddress.InetAddress>()

  open(peer: NetAddress.InetAddress): void {
    this.#undecided.add(peer)
  }

  reject(peer: NetAddress.InetAddress, error: ProbeError): void {
    this.#undecided.delete(peer)
    this.rejections.push(error)
  }

  get noneSuitable(): NoSuitablePeer {
    return new NoSuitablePeer({ rejections: this.rejections })
  }

  undecided(winner: NetAddress.InetAddress): ReadonlyArray<NetAddress.InetAddress> {
    return [...this.#undecided].filter((peer) => peer !== winner)
  }
}

interface Attempt {
  readonly peer: NetAddress.InetAddress
  readonly ledger: Ledger
  readonly options: ChooseOptions
  readonly hurried: Effect.Effect<void>
  readonly connected: Effect.Effect<void>
  /** Whether this success is the one that counts. */
  readonly claim: () => boolean
}

/**
 * Probes in a scope of its own: closed when the probe fails, left open below the caller's scope when it wins. Cannot be interrupted between the probe's
 * success and its claim, so that no open socket is ever without an owner.
 */
const attempt = Effect.fnUntraced(function* ({ claim, connected, hurried, ledger, options, peer }: Attempt) {
  const parent = yield* Effect.scope
  return yield* Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const scope = yield* Scope.fork(parent)
      const exit = yield* restore(
        Effect.gen(function* () {
          yield* options.report({ _tag: "Dialling", peer })
          return yield* probe(peer, {
            torrent: options.torrent,
            self: options.self,
            deadlines: options.deadlines,
            hurried,
            connected: Effect.andThen(connected, options.report({ _tag: "Connected", peer })),
            parked: (link) => options.report({ _tag: "Parked", peer, seen: link.seen() }),
          })
        }),
      ).pipe(
        Scope.provide(scope),
        Effect.tapError((error) => Effect.sync(() => ledger.reject(peer, error))),
        Effect.exit,
      )
      if (Exit.isSuccess(exit) && claim()) return exit.value
      yield* Scope.close(scope, exit)
      yield* restore(Effect.catch(Effect.asVoid(exit), (error) => options.report({ _tag: "Rejected", peer, error })))
      return yield* exit
    }),
  )
})

const sequence = Effect.fnUntraced(function* (
  candidates: Stream.Stream<NetAddress.InetAddress>,
  ledger: Ledger,
  options: ChooseOptions,
) {
  const pull = yield* Stream.toPull(candidates)
  const inTurn = (peer: NetAddress.InetAddress) =>
    Effect.andThen(
      options.pace,
      attempt({ peer, ledger, options, hurried: Effect.never, connected: Effect.void, claim: () => true }),
    )
  // `firstSuccessOf` dies on an empty list and keeps only the last error: the list always ends with the candidates still to come, and the ledger keeps the rest.
  const rest: Effect.Effect<Link, ProbeError | NoSuitablePeer, Dialer | Scope.Scope> = Effect.suspend(() =>
    Pull.matchEffect(pull, {
      onSuccess: (batch) => Effect.firstSuccessOf([...batch.map(inTurn), rest]),
      onFailure: Effect.failCause,
      onDone: () => Effect.fail(ledger.noneSuitable),
    }),
  )
  return yield* Effect.mapError(rest, () => ledger.noneSuitable)
})

const race = Effect.fnUntraced(function* (
  candidates: Stream.Stream<NetAddress.InetAddress>,
  ledger: Ledger,
  options: ChooseOptions,
) {
  const outcome = yield* Deferred.make<Link, NoSuitablePeer>()
  const slots = Semaphore.makeUnsafe(dialSlots)
  const open = Semaphore.makeUnsafe(seats)
  // Open while a candidate waits for a slot: the dials in flight are then given less time.
  const waiting = Latch.makeUnsafe(false)
  let claimed = false

  const enter = Effect.fnUntraced(function* (peer: NetAddress.InetAddress) {
    yield* waiting.open
    yield* open.take(1)
    yield* slots.take(1)
    yield* waiting.close
    yield* options.pace
    let holdsSlot = true
    const giveSlotBack = Effect.suspend(() => {
      if (!holdsSlot) return Effect.void
      holdsSlot = false
      return slots.release(1)
    })
    const claim = () => {
      const first = !claimed
      claimed = true
      return first
    }
    yield* attempt({ peer, ledger, options, hurried: waiting.await, connected: giveSlotBack, claim }).pipe(
      Effect.flatMap((link) => Deferred.succeed(outcome, link)),
      Effect.ensuring(Effect.andThen(giveSlotBack, open.release(1))),
      Effect.ignore,
      FiberSet.run(probes),
    )
  })

  const caller = yield* Effect.scope
  const racing = yield* Scope.fork(caller)
  const probes = yield* Scope.provide(FiberSet.make(), racing)
  yield* candidates.pipe(
    Stream.runForEach(enter),
    Effect.andThen(FiberSet.awaitEmpty(probes)),
    Effect.andThen(Effect.suspend(() => Deferred.fail(outcome, ledger.noneSuitable))),
    Effect.forkIn(racing),
  )
  return yield* Deferred.await(outcome).pipe(
    Effect.onExit((exit) => {
      const dismiss = Scope.close(racing, exit)
      // Losers say their good-byes on their own time.
      return Exit.isSuccess(exit) ? Effect.forkIn(dismiss, caller) : dismiss
    }),
  )
})

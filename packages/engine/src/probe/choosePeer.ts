/**
 * Choose the peer to download from: the first of many that passes its probe, in sequence or in a race.
 *
 * Invariants: a failed probe gives back its socket before its rejection is reported; a losing one is closed with the choice; after it exactly one socket is
 * open, or none. Every candidate is accounted for: it is the winner, it is rejected with a typed error, or it is undecided. Of each that was dialled an end is told, by the time of the choice, unless it is the winner.
 */
import { Deferred, Duration, Effect, Exit, Pull, Scope, Stream } from "effect"
import type { NetAddress } from "effect/net"
import { inPassing } from "../inPassing.ts"
import { stopwatch } from "../monotonic.ts"
import { ofPeer } from "../observe/ofPeer.ts"
import { spanned } from "../observe/Trace.ts"
import { attempt, type ProbingOptions } from "./attempt.ts"
import type { Dialer } from "../peer/Dialer.ts"
import { NoSuitablePeer } from "./NoSuitablePeer.ts"
import { Dismissed, type ProbeError, type Seen } from "../peer/errors.ts"
import type { Link } from "../peer/Link.ts"
import type { ProbeEvent } from "./ProbeEvent.ts"
import { probeAll } from "./probeAll.ts"

/** One after the other, or many at once. */
export type Choosing = "race" | "sequence"

export interface ChooseOptions extends ProbingOptions {
  readonly strategy: Choosing
  /** Told of who was dialled and had no verdict when another was chosen; what it is not told of, nobody is. */
  readonly passedOver?: ((error: Dismissed) => Effect.Effect<void>) | undefined
}

export interface Choice {
  /** Open, unchoked, and complete. Its socket belongs to the scope in which the choice was made. */
  readonly link: Link
  readonly rejections: ReadonlyArray<ProbeError>
  /** Candidates whose probe had not ended, or not begun, when the winner was found. */
  readonly undecided: ReadonlyArray<NetAddress.InetAddress>
}

/**
 * The first candidate that passes its probe. Fails with every candidate's verdict when the list ends and none has passed.
 *
 * Candidates may arrive while the choice is under way; they join it.
 */
export const choosePeer = Effect.fnUntraced(
  function* (
    candidates: Stream.Stream<NetAddress.InetAddress>,
    options: ChooseOptions,
  ): Effect.fn.Return<Choice, NoSuitablePeer, Dialer | Scope.Scope> {
    const ledger = new Ledger(yield* stopwatch)
    const entered = Stream.transformPull(candidates, (pull) =>
      Effect.succeed(Effect.tap(pull, (peers) => Effect.sync(() => ledger.enter(peers)))),
    )
    const report: ChooseOptions["report"] = (event) => ledger.hear(event, options.report)
    const choose = options.strategy === "race" ? race : sequence
    const link = yield* choose(entered, ledger, { ...options, report })
    const aside = inPassing(yield* Effect.scope)
    for (const error of ledger.close(link.peer)) {
      yield* aside(
        error._tag === "Dismissed"
          ? (options.passedOver?.(error) ?? Effect.void)
          : options.report({ _tag: "Rejected", peer: error.peer, error }),
      )
    }
    return { link, rejections: ledger.rejections, undecided: ledger.undecided(link.peer) }
  },
  (choosing, _, { strategy }) => choosing.pipe(spanned("unchoke.choice", () => ({ strategy }), ofChoice)),
)

const ofChoice = (exit: Exit.Exit<Choice, NoSuitablePeer>) => {
  if (Exit.isFailure(exit)) return {}
  const { link, rejections, undecided } = exit.value
  return { ...ofPeer(link.peer, link.seen()), rejected: rejections.length, undecided: undecided.length }
}

interface Dialled {
  /** By the stopwatch. */
  readonly since: number
  readonly seen: Seen | undefined
  /** Why it was rejected, of which nobody has taken the event yet. */
  readonly error: ProbeError | undefined
}

/** Who takes part, and how it ended for them. */
class Ledger {
  readonly rejections: Array<ProbeError> = []
  readonly #undecided = new Set<NetAddress.InetAddress>()
  /** Those who were dialled, and of whom no end is told yet. */
  readonly #dialled = new Map<NetAddress.InetAddress, Dialled>()
  readonly #now: () => number
  #isClosed = false

  /** `now` is a stopwatch, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Something has happened to one of them, which is told on. */
  hear(event: ProbeEvent, tell: ChooseOptions["report"]): Effect.Effect<void> {
    return Effect.suspend(() => this.#hear(event, tell))
  }

  #hear(event: ProbeEvent, tell: ChooseOptions["report"]): Effect.Effect<void> {
    const { peer } = event
    // Of who is hung up on, the end is told already.
    if (this.#isClosed && this.#dialled.has(peer)) return Effect.void
    switch (event._tag) {
      case "Dialling":
        this.#dialled.set(peer, { since: this.#now(), seen: undefined, error: undefined })
        break
      case "Parked":
        this.#dialled.set(peer, { ...this.#dialled.get(peer)!, seen: event.seen })
        break
      case "Rejected":
        this.reject(event.error)
        this.#dialled.set(peer, { ...this.#dialled.get(peer)!, error: event.error })
        // While it waits to be taken, the choice may be made, which breaks that off.
        return Effect.tap(tell(event), () => Effect.sync(() => this.#dialled.delete(peer)))
    }
    return tell(event)
  }

  /** The choice is made: the ends of those that have none, which are told now. */
  close(winner: NetAddress.InetAddress): ReadonlyArray<ProbeError | Dismissed> {
    this.#isClosed = true
    this.#dialled.delete(winner)
    return Array.from(this.#dialled, ([peer, { error, seen, since }]) => {
      const elapsed = Duration.millis(Math.round(this.#now() - since))
      return error ?? new Dismissed({ peer, seen: { ...seen, elapsed }, reason: "another was chosen" })
    })
  }

  enter(peers: ReadonlyArray<NetAddress.InetAddress>): void {
    for (const peer of peers) this.#undecided.add(peer)
  }

  reject(error: ProbeError): void {
    this.#undecided.delete(error.peer)
    this.rejections.push(error)
  }

  undecided(winner: NetAddress.InetAddress): ReadonlyArray<NetAddress.InetAddress> {
    return [...this.#undecided].filter((peer) => peer !== winner)
  }

  get noneSuitable(): NoSuitablePeer {
    return new NoSuitablePeer({ rejections: this.rejections })
  }
}

const sequence = Effect.fnUntraced(function* (
  candidates: Stream.Stream<NetAddress.InetAddress>,
  ledger: Ledger,
  options: ChooseOptions,
) {
  const pull = yield* Stream.toPull(candidates)
  const turn = (peer: NetAddress.InetAddress) =>
    Effect.andThen(
      options.pace,
      attempt({ peer, options, hurried: Effect.never, overdue: Effect.void, connected: Effect.void, keep: () => true }),
    )
  // `firstSuccessOf` dies on an empty list and keeps only the last error: the list always ends with the candidates still to come, and the ledger keeps the rest.
  const rest: Effect.Effect<Link, ProbeError | NoSuitablePeer, Dialer | Scope.Scope> = Effect.suspend(() =>
    Pull.matchEffect(pull, {
      onSuccess: (batch) => Effect.firstSuccessOf([...batch.map(turn), rest]),
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
  const caller = yield* Effect.scope
  const racing = yield* Scope.fork(caller)
  const outcome = yield* Deferred.make<Link, NoSuitablePeer>()
  // The first unchoke wins; in a photo finish the second link is closed like any other loser's.
  const keep = (link: Link) => Deferred.doneUnsafe(outcome, Effect.succeed(link))
  yield* probeAll(candidates, { options, keep, passed: () => Effect.void }).pipe(
    Effect.andThen(Effect.suspend(() => Deferred.fail(outcome, ledger.noneSuitable))),
    Effect.forkIn(racing),
  )
  return yield* Deferred.await(outcome).pipe(
    Effect.onExit((exit) => {
      const dismiss = Scope.close(racing, exit)
      // Losers say their good-byes on their own time. But at once the race stops taking candidates: those that come back are for the next choice.
      return Exit.isSuccess(exit) ? Effect.forkIn(dismiss, caller, { startImmediately: true }) : dismiss
    }),
  )
})

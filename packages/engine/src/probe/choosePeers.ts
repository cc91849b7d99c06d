/**
 * Choose the peers to download from: of many the first that pass their probes, in sequence or in a race.
 *
 * A race is one for all places: who has not passed yet, or found none free, stays until those who have one do well, and is dialled once. Invariants: a failed probe gives back its socket before its rejection is reported; a losing one is closed with the choice; after it
 * the sockets of those that were chosen are open, and no others. Every candidate is accounted for: it was chosen, it is rejected with a typed error, or it is undecided. Of each that was dialled an end is told, by the time
 * at which the choice is made, unless it was chosen.
 */
import { Deferred, Effect, Exit, Pull, Scope, Stream } from "effect"
import type { NetAddress } from "effect/net"
import { inPassing } from "../inPassing.ts"
import { stopwatch } from "../monotonic.ts"
import { ofPeer } from "../observe/ofPeer.ts"
import { spanned } from "../observe/Trace.ts"
import type { Dialer } from "../peer/Dialer.ts"
import type { Dismissed, ProbeError } from "../peer/errors.ts"
import type { Link } from "../peer/Link.ts"
import { attempt, type ProbingOptions } from "./attempt.ts"
import { ChoiceLedger } from "./ChoiceLedger.ts"
import type { NoSuitablePeer } from "./NoSuitablePeer.ts"
import { probeAll } from "./probeAll.ts"

/** One after the other, or many at once. */
export type Choosing = "race" | "sequence"

/** The places that are to be filled. */
export interface Places {
  /** How many are free at this moment. */
  readonly free: () => number
  /** Somebody has one: from now on the socket is the caller's, who closes it with this scope. Runs before anybody else is looked at. */
  readonly take: (link: Link, socket: Scope.Closeable) => void
  /** Ends when one may be free again: in a race, who has passed meanwhile waits for it. */
  readonly freed: Effect.Effect<void>
  /** Ends when none is free, and those who have one do well: nobody is to wait any longer. */
  readonly settled: Effect.Effect<void>
}

export interface ChooseOptions extends ProbingOptions {
  readonly strategy: Choosing
  readonly places: Places
  /** Told of who was dialled and had no verdict when the choice was made; what it is not told of, nobody is. */
  readonly passedOver?: ((error: Dismissed) => Effect.Effect<void>) | undefined
}

export interface Choice {
  /** Open, unchoked, and complete when they were chosen. */
  readonly chosen: ReadonlyArray<Link>
  readonly rejections: ReadonlyArray<ProbeError>
  /** Candidates whose probe had not ended, or not begun, when the choice was made. */
  readonly undecided: ReadonlyArray<NetAddress.InetAddress>
}

/**
 * Those who pass their probes, as long as there are places for them; in sequence one at a time. Fails with every candidate's verdict when the list ends and none has passed.
 *
 * Candidates may arrive while the choice is under way; they join it.
 */
export const choosePeers = Effect.fnUntraced(
  function* (
    candidates: Stream.Stream<NetAddress.InetAddress>,
    options: ChooseOptions,
  ): Effect.fn.Return<Choice, NoSuitablePeer, Dialer | Scope.Scope> {
    const ledger = new ChoiceLedger(yield* stopwatch)
    const entered = Stream.transformPull(candidates, (pull) =>
      Effect.succeed(Effect.tap(pull, (peers) => Effect.sync(() => ledger.enter(peers)))),
    )
    const report: ChooseOptions["report"] = (event) => ledger.hear(event, options.report)
    const choose = options.strategy === "race" ? race : sequence
    yield* choose(entered, ledger, { ...options, report })
    const aside = inPassing(yield* Effect.scope)
    for (const error of ledger.close()) {
      yield* aside(
        error._tag === "Dismissed"
          ? (options.passedOver?.(error) ?? Effect.void)
          : options.report({ _tag: "Rejected", peer: error.peer, error }),
      )
    }
    const { chosen, rejections, undecided } = ledger
    return { chosen, rejections, undecided }
  },
  (choosing, _, { strategy }) => choosing.pipe(spanned("unchoke.choice", () => ({ strategy }), ofChoice)),
)

const ofChoice = (exit: Exit.Exit<Choice, NoSuitablePeer>) => {
  if (Exit.isFailure(exit)) return {}
  const { chosen, rejections, undecided } = exit.value
  const [first] = chosen
  return {
    ...(first && ofPeer(first.peer, first.seen())),
    chosen: chosen.length,
    rejected: rejections.length,
    undecided: undecided.length,
  }
}

/** Whether it is chosen, now that it has passed. */
const passing =
  (ledger: ChoiceLedger, { places }: ChooseOptions) =>
  (link: Link, socket: Scope.Closeable): boolean => {
    if (ledger.isClosed || places.free() <= 0) return false
    ledger.choose(link)
    places.take(link, socket)
    return true
  }

const sequence = Effect.fnUntraced(function* (
  candidates: Stream.Stream<NetAddress.InetAddress>,
  ledger: ChoiceLedger,
  options: ChooseOptions,
) {
  const pull = yield* Stream.toPull(candidates)
  const keep = passing(ledger, options)
  const turn = (peer: NetAddress.InetAddress) =>
    Effect.andThen(
      options.pace,
      attempt({ peer, options, hurried: Effect.never, overdue: Effect.void, connected: Effect.void, keep }),
    )
  // `firstSuccessOf` dies on an empty list and keeps only the last error: the list always ends with the candidates still to come, and the ledger keeps the rest.
  const rest: Effect.Effect<Link, ProbeError | NoSuitablePeer, Dialer | Scope.Scope> = Effect.suspend(() =>
    Pull.matchEffect(pull, {
      onSuccess: (batch) => Effect.firstSuccessOf([...batch.map(turn), rest]),
      onFailure: Effect.failCause,
      onDone: () => Effect.fail(ledger.noneSuitable),
    }),
  )
  yield* Effect.mapError(rest, () => ledger.noneSuitable)
})

const race = Effect.fnUntraced(function* (
  candidates: Stream.Stream<NetAddress.InetAddress>,
  ledger: ChoiceLedger,
  options: ChooseOptions,
) {
  const caller = yield* Effect.scope
  const racing = yield* Scope.fork(caller)
  const made = yield* Deferred.make<void, NoSuitablePeer>()
  const { freed: reserved, settled } = options.places
  yield* probeAll(candidates, { options, keep: passing(ledger, options), reserved, passed: () => Effect.void }).pipe(
    Effect.andThen(
      Effect.suspend(() =>
        ledger.chosen.length > 0 ? Deferred.succeed(made, undefined) : Deferred.fail(made, ledger.noneSuitable),
      ),
    ),
    Effect.forkIn(racing),
  )
  yield* Effect.raceFirst(Deferred.await(made), settled).pipe(
    Effect.onExit((exit) => {
      const dismiss = Scope.close(racing, exit)
      // Losers say their good-byes on their own time. But at once the race stops taking candidates: those that come back are for the next choice.
      return Exit.isSuccess(exit) ? Effect.forkIn(dismiss, caller, { startImmediately: true }) : dismiss
    }),
  )
})

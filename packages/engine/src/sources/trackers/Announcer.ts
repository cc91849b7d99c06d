/**
 * Keeps a torrent's trackers told and its peers coming, for as long as a scope lasts (BEP 3, 12).
 *
 * Tier after tier (BEP 12): the next one is asked only when the one before has failed, has said nothing for a while, or knows nobody. Within a tier the order
 * is random, whoever answers first comes first from then on, and only one is asked again. Until what they name turns out to be useless: then everybody is asked.
 */
import { type Cause, Deferred, Duration, Effect, Fiber, Latch, Queue, Random, type Scope, Stream } from "effect"
import type { NetAddress } from "effect/net"
import { askInTurn } from "./askInTurn.ts"
import { shared } from "./shared.ts"
import type { Announcement, Tracker } from "./Tracker.ts"
import type { TrackerFailed } from "./TrackerFailed.ts"
import * as TrackerSessions from "./TrackerSessions.ts"

/** What came of asking a tracker. */
export type TrackerAnswer =
  | {
      readonly _tag: "TrackerAnswered"
      readonly tracker: string
      readonly peers: ReadonlyArray<NetAddress.InetAddress>
      /** How many more it named that nothing on the internet may send us to. */
      readonly withheld: number
      readonly seeders: number | undefined
      readonly leechers: number | undefined
      readonly interval: Duration.Duration
      readonly warning: string | undefined
    }
  | { readonly _tag: "TrackerFailed"; readonly tracker: string; readonly error: TrackerFailed }
  /** Everyone whose turn has come has answered or failed: once at the beginning, and once more whenever `askEverybody` has found somebody to ask. */
  | { readonly _tag: "RoundEnded" }

export interface AnnouncerOptions extends TrackerSessions.Subject {
  /** Announce URLs in tiers. */
  readonly trackers: ReadonlyArray<ReadonlyArray<string>>
}

export interface Announcer {
  /** What trackers answer, as it comes; for one consumer. Ends when there is nobody to ask (any more). While it is not read, nothing more is asked. */
  readonly answers: Stream.Stream<TrackerAnswer>
  /** Asks everyone from whom nothing was heard so far, whatever their tier, side by side. Does not wait for them; whether there was somebody to ask. */
  readonly askEverybody: Effect.Effect<boolean>
  /** Tells the trackers that the last piece has come. Does not wait for their answers. */
  readonly completed: Effect.Effect<void>
}

/** How long a silent tracker keeps the next one waiting, and a silent tier the next tier. */
export const patience = Duration.seconds(5)

/** After every tracker of a tier has failed: 5 s, doubled each time. */
export const firstRetry = Duration.seconds(5)
export const longestRetry = Duration.minutes(30)

/** Trackers beyond these are not asked; a torrent with more wants to aim us at somebody. */
export const maxTrackers = 100

/** How many answers may wait to be read. */
const maxUnread = 64

/** Starts announcing; ends, with a short good-bye to those who know us, when the scope does. */
export const start = Effect.fnUntraced(function* (
  options: AnnouncerOptions,
): Effect.fn.Return<Announcer, never, Scope.Scope | Tracker> {
  const scope = yield* Effect.scope
  const sessions = yield* TrackerSessions.make(options)
  const answers = yield* Queue.bounded<TrackerAnswer, Cause.Done>(maxUnread)
  const turns = yield* Effect.forEach(tiersOf(options.trackers), (tier) => Effect.map(Random.shuffle(tier), makeTurn))
  yield* Effect.addFinalizer(() => sessions.goodbye)

  const heardFrom = new Set<string>()
  const tell = (tracker: string, answer: TrackerAnswer) =>
    Effect.andThen(
      Effect.sync(() => heardFrom.add(tracker)),
      Queue.offer(answers, answer),
    )
  // Shared, since a tracker may be asked in its turn and, as one of everybody, just then or a moment before.
  const ask = yield* shared(firstRetry, (tracker: string) =>
    sessions.announce(tracker).pipe(
      Effect.tap((reply) => tell(tracker, answered(tracker, reply))),
      Effect.tapError((error) => tell(tracker, { _tag: "TrackerFailed", tracker, error })),
    ),
  )

  const roundEnded = Queue.offer(answers, { _tag: "RoundEnded" })
  const firstRound = Effect.gen(function* () {
    for (const { asked, passed } of turns) {
      yield* Deferred.await(asked)
      if (!Latch.isOpen(passed)) break
    }
    yield* roundEnded
  })
  const rounds: Array<Fiber.Fiber<unknown>> = [yield* Effect.forkScoped(firstRound)]

  const take = (turn: Turn, index: number) =>
    Effect.andThen(turns[index - 1]?.passed.await ?? Effect.void, keepAsking(turn, ask))
  yield* Effect.forEach(turns, take, { concurrency: "unbounded", discard: true }).pipe(
    Effect.andThen(Effect.suspend(() => Fiber.awaitAll(rounds))),
    Effect.andThen(Queue.end(answers)),
    Effect.forkScoped,
  )

  const askEverybody = Effect.gen(function* () {
    const rest = turns.flatMap(({ tier }) => tier).filter((tracker) => !heardFrom.has(tracker))
    if (rest.length === 0) return false
    for (const { passed } of turns) passed.openUnsafe()
    const asking = Effect.forEach(rest, (tracker) => Effect.ignore(ask(tracker)), {
      concurrency: "unbounded",
      discard: true,
    })
    rounds.push(yield* Effect.forkIn(Effect.andThen(asking, roundEnded), scope))
    return true
  })
  return { answers: Stream.fromQueue(answers), askEverybody, completed: sessions.completed }
})

/** One tier's part in the round. */
interface Turn {
  readonly tier: ReadonlyArray<string>
  /** Every tracker of it that had to be asked has answered or failed. */
  readonly asked: Deferred.Deferred<void>
  /** Open when this tier has failed, is silent, or knows nobody: then the next one is asked too. */
  readonly passed: Latch.Latch
}

const makeTurn = (tier: ReadonlyArray<string>): Turn => ({
  tier,
  asked: Deferred.makeUnsafe(),
  passed: Latch.makeUnsafe(false),
})

/** The first trackers, in their tiers. */
const tiersOf = (trackers: AnnouncerOptions["trackers"]): ReadonlyArray<ReadonlyArray<string>> => {
  let room = maxTrackers
  return trackers
    .map((tier) => {
      const kept = tier.slice(0, room)
      room -= kept.length
      return kept
    })
    .filter((tier) => tier.length > 0)
}

/** Asks the trackers of one tier again and again. Ends when none of them can ever be asked. */
const keepAsking = Effect.fnUntraced(function* (
  { asked, passed, tier }: Turn,
  ask: (tracker: string) => Effect.Effect<Announcement, TrackerFailed>,
) {
  const impatience = Effect.andThen(Effect.sleep(patience), passed.open)
  const hopeless = new Set<string>()
  let order = tier
  for (let failures = 0; order.length > 0;) {
    const winner = yield* askInTurn(order, {
      ask,
      patience,
      failed: (tracker, error) => Effect.sync(() => void (error.final && hopeless.add(tracker))),
    }).pipe(Effect.raceFirst(Effect.andThen(impatience, Effect.never)))
    if ((winner?.answer.peers.length ?? 0) === 0) yield* passed.open
    yield* Deferred.succeed(asked, undefined)
    failures = winner === undefined ? failures + 1 : 0
    order = order
      .filter((tracker) => !hopeless.has(tracker))
      .toSorted((a, b) => Number(b === winner?.candidate) - Number(a === winner?.candidate))
    if (order.length > 0) yield* Effect.sleep(winner === undefined ? retryAfter(failures) : nextAfter(winner.answer))
  }
})

const retryAfter = (failures: number): Duration.Duration =>
  Duration.min(Duration.times(firstRetry, 2 ** (failures - 1)), longestRetry)

const nextAfter = ({ interval, minInterval }: Announcement): Duration.Duration =>
  Duration.max(interval, minInterval ?? Duration.zero)

const answered = (tracker: string, reply: Announcement): TrackerAnswer => ({
  _tag: "TrackerAnswered",
  tracker,
  peers: reply.peers,
  withheld: reply.withheld ?? 0,
  seeders: reply.seeders,
  leechers: reply.leechers,
  interval: nextAfter(reply),
  warning: reply.warning,
})

/**
 * Keeps a torrent's trackers told and its peers coming, for as long as a scope lasts (BEP 3, 12).
 *
 * BEP 12 goes from tier to tier; like Transmission and qBittorrent we ask all tiers at once, since most torrents put every tracker in a tier of its own.
 * Within a tier the order is random, whoever answers first comes first from then on, and only one is asked again.
 */
import type { TrackerReply } from "@unchoke/protocol"
import { type Cause, Duration, Effect, Queue, Random, type Scope, Stream } from "effect"
import type { NetAddress } from "effect/net"
import { askInTurn } from "./askInTurn.ts"
import type { Tracker } from "./Tracker.ts"
import type { TrackerFailed } from "./TrackerFailed.ts"
import * as TrackerSessions from "./TrackerSessions.ts"

/** What came of asking a tracker. */
export type TrackerAnswer =
  | {
      readonly _tag: "TrackerAnswered"
      readonly tracker: string
      readonly peers: ReadonlyArray<NetAddress.InetAddress>
      readonly seeders: number | undefined
      readonly leechers: number | undefined
      readonly interval: Duration.Duration
      readonly warning: string | undefined
    }
  | { readonly _tag: "TrackerFailed"; readonly tracker: string; readonly error: TrackerFailed }
  /** Once: every tier has been asked, and has answered or failed. */
  | { readonly _tag: "RoundEnded" }

export interface AnnouncerOptions extends TrackerSessions.Subject {
  /** Announce URLs in tiers. */
  readonly trackers: ReadonlyArray<ReadonlyArray<string>>
}

export interface Announcer {
  /** What trackers answer, as it comes; for one consumer. Ends when there is nobody to ask (any more). While it is not read, nothing more is asked. */
  readonly answers: Stream.Stream<TrackerAnswer>
  /** Tells the trackers that the last piece has come. Does not wait for their answers. */
  readonly completed: Effect.Effect<void>
}

/** How long a silent tracker keeps the next one of its tier waiting. */
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
  const sessions = yield* TrackerSessions.make(options)
  const answers = yield* Queue.bounded<TrackerAnswer, Cause.Done>(maxUnread)
  const tiers = yield* Effect.forEach(tiersOf(options.trackers), (tier) => Random.shuffle(tier))
  yield* Effect.addFinalizer(() => sessions.goodbye)

  const roundEnded = Queue.offer(answers, { _tag: "RoundEnded" })
  let unasked = tiers.length
  const tierAsked = Effect.suspend(() => (--unasked === 0 ? roundEnded : Effect.void))
  yield* Effect.forEach(tiers, (tier) => keepAsking(tier, sessions, answers, tierAsked), {
    concurrency: "unbounded",
  }).pipe(
    Effect.andThen(tiers.length === 0 ? roundEnded : Effect.void),
    Effect.andThen(Queue.end(answers)),
    Effect.forkScoped,
  )
  return { answers: Stream.fromQueue(answers), completed: sessions.completed }
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
  tier: ReadonlyArray<string>,
  sessions: TrackerSessions.TrackerSessions,
  answers: Queue.Queue<TrackerAnswer, Cause.Done>,
  tierAsked: Effect.Effect<unknown>,
) {
  const hopeless = new Set<string>()
  let order = tier
  for (let round = 0, failures = 0; order.length > 0; round++) {
    const winner = yield* askInTurn(order, {
      ask: (tracker) => sessions.announce(tracker),
      patience,
      failed: (tracker, error) => {
        if (error.final) hopeless.add(tracker)
        return Effect.asVoid(Queue.offer(answers, { _tag: "TrackerFailed", tracker, error }))
      },
    })
    if (winner !== undefined) yield* Queue.offer(answers, answered(winner.candidate, winner.answer))
    if (round === 0) yield* tierAsked
    failures = winner === undefined ? failures + 1 : 0
    order = order
      .filter((tracker) => !hopeless.has(tracker))
      .toSorted((a, b) => Number(b === winner?.candidate) - Number(a === winner?.candidate))
    if (order.length > 0) yield* Effect.sleep(winner === undefined ? retryAfter(failures) : nextAfter(winner.answer))
  }
})

const retryAfter = (failures: number): Duration.Duration =>
  Duration.min(Duration.times(firstRetry, 2 ** (failures - 1)), longestRetry)

const nextAfter = ({ interval, minInterval }: TrackerReply.Announced): Duration.Duration =>
  Duration.max(interval, minInterval ?? Duration.zero)

const answered = (tracker: string, reply: TrackerReply.Announced): TrackerAnswer => ({
  _tag: "TrackerAnswered",
  tracker,
  peers: reply.peers,
  seeders: reply.seeders,
  leechers: reply.leechers,
  interval: nextAfter(reply),
  warning: reply.warning,
})

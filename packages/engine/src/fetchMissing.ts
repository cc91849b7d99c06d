/** Fetch every piece that is missing: choose a peer, drain it, and when it is lost the next one goes on. */
import { Geometry } from "@unchoke/protocol"
import { type Clock, Deferred, Effect, Latch, type Scope, Semaphore } from "effect"
import { NetAddress } from "effect/net"
import { Candidates } from "./Candidates.ts"
import { choosePeer } from "./choosePeer.ts"
import * as Deadlines from "./Deadlines.ts"
import type { Dialer } from "./Dialer.ts"
import type { DownloadOptions } from "./download.ts"
import type { DownloadEvent } from "./DownloadEvent.ts"
import { type Drain, drain } from "./drain.ts"
import { NoPeers, NoSuitablePeer, type Rejection, type StorageError } from "./errors.ts"
import type { Link } from "./Link.ts"
import * as Pace from "./Pace.ts"
import type { Filling, PiecePlan } from "./PiecePlan.ts"
import type { StoredTorrent } from "./PieceStore.ts"
import * as Self from "./Self.ts"
import * as Sources from "./Sources.ts"
import type { Torrent } from "./Torrent.ts"
import type { Tracker } from "./trackers/Tracker.ts"

export interface Fetch {
  readonly torrent: Torrent
  readonly options: DownloadOptions
  readonly store: StoredTorrent
  readonly plan: PiecePlan
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
}

/** Ends when the plan is complete. */
export const fetchMissing = Effect.fnUntraced(function* ({
  options,
  plan,
  report,
  store,
  torrent,
}: Fetch): Effect.fn.Return<void, NoSuitablePeer | NoPeers | StorageError, Dialer | Tracker | Scope.Scope> {
  const strategy = options.strategy ?? "race"
  const deadlines = Deadlines.of(strategy, options.deadlines)
  const self = yield* Self.make
  const pace = yield* Pace.make(Pace.gentle)
  const scope = yield* Effect.scope
  const finished = yield* Deferred.make<void, StorageError>()
  const candidates = new Candidates()
  const sources = yield* Sources.open({
    torrent,
    self,
    peers: options.peers ?? [],
    trackers: options.trackers ?? true,
    candidates,
    progress: () => ({ uploaded: 0, downloaded: plan.fetched, left: plan.left }),
    answered: (asked, fresh) => report({ _tag: "SourceAnswered", asked, fresh }),
  })

  /** The last verdict on each peer. */
  const verdicts = new Map<string, Rejection>()
  const judge = (error: Rejection) => {
    const name = NetAddress.formatInet(error.peer)
    verdicts.delete(name)
    verdicts.set(name, error)
  }
  const nobodyLeft = Effect.suspend((): Effect.Effect<never, NoSuitablePeer | NoPeers> =>
    candidates.known === 0
      ? Effect.fail(new NoPeers({ asked: sources.asked() }))
      : Effect.fail(new NoSuitablePeer({ rejections: [...verdicts.values()] })),
  )

  const drains = new Map<object, Drain>()
  const linkEnded = Latch.makeUnsafe(false)
  /** Whose blocks were part of a good piece: if they are lost, they may be tried again. */
  const served = new Set<object>()
  /** Whose blocks were part of a corrupt piece, together with somebody else's. */
  const suspects = new Set<object>()

  const verify = Effect.fnUntraced(function* ({ buffer, piece, senders }: Filling) {
    const verdict = yield* store.write(piece, buffer)
    if (verdict === "stored") {
      plan.store(piece)
      for (const sender of senders) served.add(sender)
      const bytes = Geometry.pieceSize(plan.geometry, piece)
      yield* report({ _tag: "PieceStored", piece, bytes, stored: plan.stored, pieces: plan.geometry.pieces })
      if (plan.complete) yield* Deferred.succeed(finished, undefined)
    } else {
      plan.reject(piece)
      yield* report({ _tag: "PieceCorrupt", piece })
      for (const sender of senders) {
        if (senders.size === 1 || suspects.has(sender)) yield* drains.get(sender)?.condemn(piece) ?? Effect.void
        suspects.add(sender)
      }
    }
    for (const { refill } of drains.values()) yield* refill
  })

  const drainLink = Effect.fnUntraced(function* (link: Link) {
    const { peer } = link
    const receive = yield* received((bytes) => report({ _tag: "Received", peer, bytes }))
    let requests: object | undefined
    yield* report({ _tag: "LinkOpened", peer, seen: link.seen() })
    const error = yield* drain(link, {
      plan,
      deadlines,
      filled: (filling) =>
        verify(filling).pipe(
          Effect.catch((error) => Deferred.fail(finished, error)),
          Effect.forkIn(scope),
        ),
      received: receive,
      choked: (choked) => report({ _tag: choked ? "Choked" : "Unchoked", peer }),
      joined: (drain) =>
        Effect.sync(() => {
          requests = drain.requests
          drains.set(drain.requests, drain)
        }),
    }).pipe(
      Effect.flip,
      Effect.ensuring(
        Effect.suspend(() => {
          drains.delete(requests!)
          return linkEnded.release
        }),
      ),
    )
    judge(error)
    if (error._tag === "CorruptPiece" || error._tag === "ProtocolViolation") candidates.ban(peer)
    else if (served.has(requests!)) candidates.retry(peer)
    yield* report({ _tag: "LinkLost", peer, error })
  })

  const choosing = Semaphore.makeUnsafe(1)
  const chooseAndDrain = Effect.scoped(
    Effect.gen(function* () {
      const choice = yield* choosing.withPermit(
        choosePeer(candidates.stream, {
          torrent,
          self,
          strategy,
          deadlines,
          pace,
          report: (event) => {
            if (event._tag === "Rejected") judge(event.error)
            return report(event)
          },
        }),
      )
      candidates.return(choice.undecided)
      yield* drainLink(choice.link)
    }),
  )
  const slot = chooseAndDrain.pipe(
    Effect.catchTag("NoSuitablePeer", () =>
      drains.size === 0 ? nobodyLeft : Effect.raceFirst(linkEnded.await, candidates.change),
    ),
    Effect.forever,
  )
  yield* Effect.all(
    Array.from({ length: options.links ?? 1 }, () => slot),
    { concurrency: "unbounded", discard: true },
  ).pipe(Effect.raceFirst(Deferred.await(finished)))
  yield* sources.completed
})

/** The time between two reports of received bytes, in milliseconds. */
const reportEvery = 100

/** Sums up bytes and reports them ten times a second: one event a read would be thousands. */
const received = (report: (bytes: number) => Effect.Effect<void>) =>
  Effect.map(Effect.clockWith(Effect.succeed<Clock.Clock>), (clock) => {
    let sum = 0
    let reported = clock.currentTimeMillisUnsafe()
    return (bytes: number) => {
      sum += bytes
      const now = clock.currentTimeMillisUnsafe()
      if (now - reported < reportEvery) return Effect.void
      const due = sum
      sum = 0
      reported = now
      return report(due)
    }
  })
